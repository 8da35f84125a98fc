package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"switchgram/bridge"
)

func conference(ctx context.Context, w *world) (string, error) {
	if err := w.fs.needs(ctx, "mod_conference"); err != nil {
		return "", err
	}
	c, err := w.incoming(ctx, "udp")
	if err != nil {
		return "", err
	}
	room := "switchgram-test-" + uuid.NewString()
	enter := "conference:" + room + "@default"
	if err := errors.Join(w.fs.send(ctx, c.uuid, "answer", enter), w.fs.originate(ctx, w.line(pcmuPhone), enter)); err != nil {
		return "", err
	}
	if c.other, err = w.phones[pcmuPhone].answered(ctx); err != nil {
		return "", err
	}
	if err := c.hear(ctx); err != nil {
		return "", err
	}
	member, err := w.member(ctx, room, c.uuid)
	if err != nil {
		return "", err
	}
	if err := c.muted(ctx, room, member); err != nil {
		return "", err
	}
	if err := w.fs.Kick(ctx, room, member); err != nil {
		return "", err
	}
	path, err := c.over(ctx, bridge.NormalClearing)
	return path + "; heard, not heard, heard, gone", err
}

// muted mutes the person on Telegram for a while.
func (c *call) muted(ctx context.Context, room string, member int) error {
	fs := c.w.fs
	if err := fs.Mute(ctx, room, member, true); err != nil {
		return err
	}
	if err := errors.Join(c.other.HearsNo(ctx, c.telegram.Hz), c.telegram.Hears(ctx, c.other.Hz)); err != nil {
		return fmt.Errorf("muted: %w", err)
	}
	if err := fs.Mute(ctx, room, member, false); err != nil {
		return err
	}
	return c.hear(ctx)
}

// member is the number of a channel in a conference.
func (w *world) member(ctx context.Context, room, uuid string) (int, error) {
	all, err := w.fs.Members(ctx, room)
	for _, m := range all {
		if m.UUID == uuid {
			return m.ID, nil
		}
	}
	return 0, errors.Join(err, fmt.Errorf("nobody in the conference is %s", uuid))
}

const queue = parking + "@default"

// queueAgent has a telephone wait in a queue whose only agent is on Telegram.
func queueAgent(ctx context.Context, w *world) (string, error) {
	if err := w.queued(ctx); err != nil {
		return "", err
	}
	undo, err := w.agent(ctx, "[sip_h_X-TG-Dial=@ann]"+w.line(lineUDP))
	defer undo()
	if err != nil {
		return "", err
	}
	c := &call{w: w}
	if err := w.fs.originate(ctx, w.line(opusPhone), "answer", "callcenter:"+queue); err != nil {
		return "", err
	}
	if c.other, err = w.phones[opusPhone].answered(ctx); err != nil {
		return "", err
	}
	if c.telegram, err = w.ann.answered(ctx); err != nil {
		return "", err
	}
	return c.talked(ctx)
}

// queued is whether there is the queue.
func (w *world) queued(ctx context.Context) error {
	if err := w.fs.needs(ctx, "mod_callcenter"); err != nil {
		return err
	}
	queues, err := w.fs.API(ctx, "callcenter_config queue list")
	if err == nil && !strings.Contains(queues, queue+"|") {
		err = missing("mod_callcenter has no queue " + queue + ", see -config")
	}
	return err
}

// agent gives the queue its only agent, until undo.
func (w *world) agent(ctx context.Context, contact string) (undo func(), err error) {
	undo = func() {
		_, _ = w.fs.API(ctx, "callcenter_config tier del "+queue+" "+parking)
		_, _ = w.fs.API(ctx, "callcenter_config agent del "+parking)
	}
	for _, command := range []string{
		"agent add " + parking + " callback",
		"agent set contact " + parking + " " + contact,
		"agent set status " + parking + " Available",
		"agent set state " + parking + " Waiting",
		"tier add " + queue + " " + parking + " 1 1",
	} {
		if _, err := w.fs.API(ctx, "callcenter_config "+command); err != nil {
			return undo, fmt.Errorf("%s: %w", command, err)
		}
	}
	return undo, nil
}
