package live

import (
	"context"
	"encoding/json"

	"switchgram/bridge"
	"switchgram/bridge/room"
	"switchgram/bridge/route"
)

// wanted is a recording that a script wants.
type wanted struct {
	options bridge.RecordOptions
	note    string // who is to be mailed of it, as Mail reads that; empty: nobody
}

// Record implements route.Recorder. The file is Ogg/Opus, whatever its type is to be. One that is to begin when two talk has no name before that.
func (ch *channel) Record(ctx context.Context, r route.Recording) (string, error) {
	o, err := ch.announcing(r)
	if err != nil {
		return "", err
	}
	o.Title, o.Least, o.Mono, o.Follow = r.Name, r.Least, !r.Stereo, r.FollowsOn
	w := &wanted{options: o, note: ch.noteFor(r.Email)}
	if r.WhenTwo {
		ch.waiting.Store(w)
		return "", nil
	}
	return ch.begin(ctx, w)
}

// noteFor is what Mail wants to know of a recording.
func (ch *channel) noteFor(to []string) string {
	if len(to) == 0 {
		return ""
	}
	caller := ch.call.Caller()
	text, _ := json.Marshal(recordingNote{To: to, Caller: caller.Name(), Number: caller.Caller()}) // texts alone
	return string(text)
}

func (ch *channel) begin(ctx context.Context, w *wanted) (string, error) {
	r, err := ch.call.Record(ctx, w.options)
	if err != nil {
		return "", err
	}
	ch.recording.Store(r)
	if w.note != "" {
		err = r.Note(w.note)
	}
	return r.Place(), err
}

// two has a recording begin that waits until two talk.
func (ch *channel) two(ctx context.Context) {
	w := ch.waiting.Swap(nil)
	if w == nil {
		return
	}
	if _, err := ch.begin(ctx, w); err != nil && ctx.Err() == nil {
		ch.r.log.Error("the call is not recorded as its script wants", "call", ch.ID(), "err", err)
	}
}

func (ch *channel) announcing(r route.Recording) (o bridge.RecordOptions, err error) {
	if len(r.Announcing) == 0 {
		return ch.r.o.Announce, nil
	}
	if _, err := ch.r.sounds.all(r.Announcing); err != nil {
		return o, err
	}
	return bridge.RecordOptions{Announce: func() room.Source {
		src, err := ch.r.sounds.all(r.Announcing)
		if err != nil { // it was there a moment ago
			return &pause{}
		}
		return src
	}}, nil
}

// StopRecording implements route.Recorder.
func (ch *channel) StopRecording(context.Context) error {
	ch.waiting.Store(nil)
	if r := ch.recording.Load(); r != nil {
		r.Stop()
	}
	return nil
}
