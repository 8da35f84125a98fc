package main

import (
	"context"
	"fmt"
	"slices"
)

// agrees waits until the bridge and FreeSWITCH have the same calls with each other, so many.
func (w *world) agrees(ctx context.Context, want int) error {
	ctx, cancel := context.WithTimeout(ctx, eventTime)
	defer cancel()
	for {
		theirs, err := w.channels(ctx)
		if err != nil {
			return err
		}
		ours := w.dialogs()
		if slices.Equal(ours, theirs) && len(ours) == want {
			return nil
		}
		if pause(ctx, lookEvery); ctx.Err() != nil {
			return fmt.Errorf("want %d calls; the bridge has %s, show channels %s", want, ours, theirs)
		}
	}
}

// dialogs are the Call-IDs of the bridge's calls with FreeSWITCH.
func (w *world) dialogs() (all []string) {
	for _, c := range w.program.Calls() {
		for _, l := range c.Legs {
			if l.Address.Scheme == "sip" {
				all = append(all, string(l.ID))
			}
		}
	}
	slices.Sort(all)
	return all
}

// channels are the Call-IDs of FreeSWITCH's calls with the bridge.
func (w *world) channels(ctx context.Context) (ids []string, err error) {
	all, err := w.fs.Channels(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		agent, err := w.fs.variable(ctx, c.UUID, "sip_user_agent")
		if err != nil || agent != "switchgram" { // or it has ended meanwhile
			continue
		}
		id, err := w.fs.variable(ctx, c.UUID, "sip_call_id")
		if err == nil {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids, nil
}
