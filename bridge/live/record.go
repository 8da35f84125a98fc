package live

import (
	"context"

	"switchgram/bridge"
	"switchgram/bridge/room"
	"switchgram/bridge/route"
)

// Record implements route.Recorder. What the file is called, and where it is, is the recorder's business; it is of both sides, one on each
// channel. One that is to begin when two talk has no name before that.
func (ch *channel) Record(ctx context.Context, r route.Recording) (string, error) {
	o, err := ch.announcing(r)
	if err != nil {
		return "", err
	}
	if r.WhenTwo {
		ch.record = &o
		return "", nil
	}
	return ch.begin(ctx, o)
}

func (ch *channel) begin(ctx context.Context, o bridge.RecordOptions) (_ string, err error) {
	if ch.recording, err = ch.call.Record(ctx, o); err != nil {
		return "", err
	}
	return ch.recording.ID(), nil
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
	if ch.record = nil; ch.recording != nil {
		ch.recording.Stop()
		ch.recording = nil
	}
	return nil
}
