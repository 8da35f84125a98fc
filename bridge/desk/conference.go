package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"switchgram/bridge"
	"switchgram/bridge/leg"
	"switchgram/bridge/line"
	"switchgram/verto"
)

const (
	gathering  = 3 // legs make of a call a conference
	volumeStep = 3 // dB
)

// attend brings conferences up to date: calls that are ones to the pages in them.
func (b *board) attend(calls []bridge.CallStatus) {
	running := map[bridge.CallID]bool{}
	for _, c := range calls {
		running[c.ID] = true
		b.convene(c)
	}
	for id, room := range b.rooms {
		if !running[id] {
			room.Close()
			delete(b.rooms, id)
		}
	}
}

// convene makes a conference of a call in which several are, a page among them. It is one until the call ends.
func (b *board) convene(c bridge.CallStatus) {
	here := slices.DeleteFunc(slices.Clone(c.Legs), func(l bridge.LegStatus) bool { return l.State != bridge.LegUp })
	room := b.rooms[c.ID]
	if room == nil {
		if len(here) < gathering || !slices.ContainsFunc(here, func(l bridge.LegStatus) bool { return leg.VertoCall(b.d.pages, l.ID) != nil }) {
			return
		}
		room = b.d.pages.NewConference(string(c.ID), verto.ConferenceOptions{Order: func(ctx context.Context, by *verto.Session, o verto.Order) error {
			return b.obey(ctx, c.ID, c.Line, by, o)
		}})
		b.rooms[c.ID] = room
	}
	for _, key := range room.Members() {
		if !slices.ContainsFunc(here, func(l bridge.LegStatus) bool { return string(l.ID) == key }) {
			room.Remove(key)
		}
	}
	for _, l := range here {
		room.Put(b.member(c.Line, l))
	}
}

// member is a leg as a conference shows it. Who only listens is shown as muted.
func (b *board) member(by string, l bridge.LegStatus) verto.Member {
	m := verto.Member{
		Key: string(l.ID), Call: leg.VertoCall(b.d.pages, l.ID), Name: l.Party.Name(), Number: l.Party.Caller(), Codec: l.Codec,
		Muted: l.Silenced || l.Role == bridge.Listen, Deaf: l.Deaf, Held: l.Held, Volume: int(math.Round(l.Volume / volumeStep)),
	}
	if l.Loudness > 0 {
		m.Talking, m.Energy = true, int(math.MaxInt16*math.Pow(10, float64(l.Loudness-100)/20))
	}
	m.Moderator = m.Call != nil && b.d.o.Registry.MayJoin(m.Call.User().ID, by, line.Moderate).Err() == nil
	return m
}

// obey does what a moderator wants of a leg.
func (b *board) obey(ctx context.Context, id bridge.CallID, by string, who *verto.Session, o verto.Order) (err error) {
	leg, br := bridge.LegID(o.Member), b.d.o.Bridge()
	switch o.Command {
	case verto.OrderMute, verto.OrderUnmute:
		err = br.Silence(ctx, leg, o.Command == verto.OrderMute)
	case verto.OrderDeafen, verto.OrderUndeafen:
		err = br.Deafen(ctx, leg, o.Command == verto.OrderDeafen)
	case verto.OrderVolume:
		err = br.SetVolume(ctx, leg, float64(o.Volume*volumeStep))
	case verto.OrderKick:
		err = br.HangupLeg(ctx, leg, bridge.NormalClearing)
	case verto.OrderTransfer:
		err = b.transfer(ctx, leg, by, who.User().ID, o.To)
	}
	b.d.log.Info("order in a conference", "call", string(id), "line", by, "user", who.User().ID, "leg", o.Member, "command", o.Command, "err", err)
	b.rouse()
	if errors.Is(err, bridge.ErrNoLeg) || errors.Is(err, bridge.ErrVerb) {
		return &verto.CommandError{Text: "not possible now"}
	}
	return err
}

// transfer has somebody called to take a leg's place, whom the moderator may call.
func (b *board) transfer(ctx context.Context, leg bridge.LegID, by, user, dialled string) error {
	to := b.d.Means(by, dialled)
	if to == (bridge.Address{}) {
		return &verto.CommandError{Text: fmt.Sprintf("%q: nobody can be meant by that", dialled)}
	}
	if err := b.d.mayCall(b.d.o.Registry.Line(by), user, to); err != nil {
		return &verto.CommandError{Text: cmp.Or(err.Error(), "not permitted")}
	}
	return b.d.o.Bridge().Transfer(ctx, leg, to)
}
