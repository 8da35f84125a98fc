package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/google/uuid"

	"switchgram/bridge"
	"switchgram/esl"
)

// features are the rows about what FreeSWITCH does with a Telegram call as with any other.
func features() []row {
	return []row{
		{"uuid_hold, and back", hold},
		{"the telephone holds, and takes back", heldByTelephone},
		{"uuid_transfer to another telephone", blindTransfer},
		{"att_xfer of a telephone that Telegram has called", func(ctx context.Context, w *world) (string, error) {
			return w.asked(ctx)(w.rung(ctx, "udp", opusPhone, w.phones[opusPhone]))
		}},
		{"att_xfer of a telephone that has called Telegram", func(ctx context.Context, w *world) (string, error) {
			return w.asked(ctx)(w.phoned(ctx, opusPhone, w.line(lineUDP), dialAnn))
		}},
		{"park, and fetch", park},
		{"record_session, and play it", recordSession},
		{"early media, then answer", earlyMedia},
		{"conference with a PCMU telephone: mute, unmute, kick", conference},
		{"agent of a queue (mod_callcenter)", queueAgent},
	}
}

// apart waits until neither hears the other.
func (c *call) apart(ctx context.Context) error {
	return errors.Join(wrapf(c.telegram.HearsNo(ctx, c.other.Hz), "the person on Telegram"), wrapf(c.other.HearsNo(ctx, c.telegram.Hz), "the other end"))
}

func hold(ctx context.Context, w *world) (string, error) {
	c, err := w.phoned(ctx, opusPhone, w.line(lineUDP), dialAnn)
	if err != nil {
		return "", err
	}
	return c.interrupted(ctx,
		func() error { _, err := w.fs.API(ctx, "uuid_hold "+c.uuid); return err },
		func() error { _, err := w.fs.API(ctx, "uuid_hold off "+c.uuid); return err })
}

func heldByTelephone(ctx context.Context, w *world) (string, error) {
	c, err := w.rung(ctx, "udp", opusPhone, w.phones[opusPhone])
	if err != nil {
		return "", err
	}
	return c.interrupted(ctx,
		func() error { return c.other.dialog.Hold(ctx, true) },
		func() error { return c.other.dialog.Hold(ctx, false) })
}

// interrupted is a call whose sound is stopped for a while.
func (c *call) interrupted(ctx context.Context, stop, goOn func() error) (string, error) {
	for _, step := range []func() error{
		func() error { return c.hear(ctx) }, stop, func() error { return c.apart(ctx) }, goOn,
	} {
		if err := step(); err != nil {
			return "", err
		}
	}
	saw, err := c.talked(ctx)
	return "tones, none, " + saw, err
}

func blindTransfer(ctx context.Context, w *world) (string, error) {
	c, err := w.rung(ctx, "udp", opusPhone, w.phones[opusPhone])
	if err != nil {
		return "", err
	}
	if err := c.hear(ctx); err != nil {
		return "", err
	}
	if err := w.fs.send(ctx, c.uuid, "bridge:"+w.line(sparePhone)); err != nil {
		return "", err
	}
	if c.other, err = w.phones[sparePhone].answered(ctx); err != nil {
		return "", err
	}
	return c.talked(ctx)
}

// asked has the telephone ask another one, which hears it and not Telegram, and then leave the two to each other.
func (w *world) asked(ctx context.Context) func(*call, error) (string, error) {
	return func(c *call, err error) (string, error) {
		if err != nil {
			return "", err
		}
		if err := c.hear(ctx); err != nil {
			return "", err
		}
		if err := w.fs.Broadcast(ctx, c.peer, "att_xfer::"+w.line(sparePhone), esl.ALeg); err != nil {
			return "", err
		}
		second, err := w.phones[sparePhone].answered(ctx)
		if err != nil {
			return "", err
		}
		if err := errors.Join(second.Hears(ctx, c.other.Hz), c.telegram.HearsNo(ctx, c.other.Hz)); err != nil {
			return "", fmt.Errorf("while they talk about it: %w", err)
		}
		if err := c.other.hangup(ctx); err != nil {
			return "", err
		}
		c.other = second
		saw, err := c.talked(ctx)
		return "asked, " + saw, err
	}
}

// park has FreeSWITCH answer the call of somebody on Telegram, run applications and park it.
func (c *call) park(ctx context.Context, apps ...string) error {
	_, err := c.w.fs.await(ctx, "CHANNEL_PARK", func(e *esl.Event) bool { return e.UUID() == c.uuid }, func() error {
		return c.w.fs.send(ctx, c.uuid, append(append([]string{"answer"}, apps...), "park")...)
	})
	if err != nil {
		return err
	}
	_, err = c.w.event(ctx, bridge.CallAnswered)
	return err
}

func park(ctx context.Context, w *world) (string, error) {
	c, err := w.incoming(ctx, "udp")
	if err != nil {
		return "", err
	}
	if err := c.park(ctx); err != nil {
		return "", err
	}
	pause(ctx, 3*time.Second) // FreeSWITCH sends nothing to who is parked
	if err := w.fs.send(ctx, c.uuid, "bridge:"+w.line(opusPhone)); err != nil {
		return "", err
	}
	if c.other, err = w.phones[opusPhone].answered(ctx); err != nil {
		return "", err
	}
	return c.talked(ctx)
}

// recordSession has what the telephone says recorded, and played to the person on Telegram.
func recordSession(ctx context.Context, w *world) (string, error) {
	if err := w.fs.needs(ctx, "mod_sndfile"); err != nil {
		return "", err
	}
	dir, err := w.fs.API(ctx, "global_getvar recordings_dir")
	if err != nil {
		return "", err
	}
	file := strings.TrimSpace(dir) + "/switchgram-test-" + uuid.NewString() + ".wav"
	defer func() { _ = os.Remove(file) }() // if it is this machine's
	c, err := w.phoned(ctx, opusPhone, w.line(lineUDP), dialAnn, "set:hangup_after_bridge=false")
	if err != nil {
		return "", err
	}
	for _, command := range []string{"uuid_setvar " + c.uuid + " RECORD_WRITE_ONLY true", "uuid_record " + c.uuid + " start " + file} {
		if _, err := w.fs.API(ctx, command); err != nil {
			return "", err
		}
	}
	if err := c.hear(ctx); err != nil {
		return "", err
	}
	pause(ctx, 2*time.Second) // so much of it is played
	if _, err := w.fs.API(ctx, "uuid_record "+c.uuid+" stop "+file); err != nil {
		return "", err
	}
	c.other.hush()
	if err := c.telegram.HearsNo(ctx, c.other.Hz); err != nil {
		return "", err
	}
	if err := w.fs.send(ctx, c.uuid, "playback:"+file, "playback:"+file, "hangup"); err != nil {
		return "", err
	}
	if err := c.telegram.Hears(ctx, c.other.Hz); err != nil {
		return "", wrapf(err, "of the recording, the person on Telegram")
	}
	path, err := c.end(ctx)
	return path + "; hears the recording", err
}

// earlyMedia: Telegram has no sound before the answer, and none of it may be left after it.
func earlyMedia(ctx context.Context, w *world) (string, error) {
	if err := w.fs.needs(ctx, "mod_tone_stream"); err != nil {
		return "", err
	}
	c, err := w.incoming(ctx, "udp")
	if err != nil {
		return "", err
	}
	if err := w.fs.send(ctx, c.uuid, "pre_answer", "playback:tone_stream://%(2000,0,880)", "answer", "echo"); err != nil {
		return "", err
	}
	if err := c.telegram.Hears(ctx, c.telegram.Hz); err != nil {
		return "", wrapf(err, "the person on Telegram")
	}
	path, err := c.end(ctx)
	return path + "; hears the echo", err
}
