package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pion/rtp"

	"switchgram/bridge/media"
	"switchgram/bridge/room/codec"
	"switchgram/bridge/room/dtmf"
	"switchgram/esl"
)

// digits are the rows about keys that are pressed.
func digits() []row {
	return []row{
		{"digits of FreeSWITCH by RFC 4733, tones on Telegram", func(ctx context.Context, w *world) (string, error) { return w.pressed(ctx, w.line(lineUDP)) }},
		{"digits of FreeSWITCH by INFO, tones on Telegram", func(ctx context.Context, w *world) (string, error) {
			return w.pressed(ctx, "{dtmf_type=info}"+w.line(lineINFO))
		}},
		{"digits of FreeSWITCH as tones, still tones on Telegram", toned},
		{"digits of the chat, by RFC 4733 to FreeSWITCH", func(ctx context.Context, w *world) (string, error) { return w.written(ctx, "udp") }},
		{"digits of the chat, by INFO to FreeSWITCH", func(ctx context.Context, w *world) (string, error) { return w.written(ctx, "info") }},
		{"digits of the chat, as tones to FreeSWITCH", writtenAsTones},
	}
}

// keys are all different, so that none can be heard twice unnoticed.
const keys = "15#"

// pressed has FreeSWITCH send digits to the line, which the person hears as tones.
func (w *world) pressed(ctx context.Context, dial string) (string, error) {
	c, err := w.phoned(ctx, opusPhone, dial, dialAnn)
	if err != nil {
		return "", err
	}
	if err := c.hear(ctx); err != nil {
		return "", err
	}
	return c.tonesOf(ctx, func() error { return w.fs.SendDTMF(ctx, c.uuid, keys, 200*time.Millisecond) })
}

// toned has FreeSWITCH play the tones of digits into the call.
func toned(ctx context.Context, w *world) (string, error) {
	if err := w.fs.needs(ctx, "mod_tone_stream"); err != nil {
		return "", err
	}
	c, err := w.phoned(ctx, opusPhone, w.line(lineInband), dialAnn)
	if err != nil {
		return "", err
	}
	if err := c.hear(ctx); err != nil {
		return "", err
	}
	// 1, 5 and # of ITU-T Q.23
	return c.tonesOf(ctx, func() error {
		return w.fs.send(ctx, c.uuid, "playback:tone_stream://%(200,200,697,1209);%(200,200,770,1336);%(200,200,941,1477)", "park")
	})
}

// tonesOf waits until the person on Telegram has heard the keys as tones.
func (c *call) tonesOf(ctx context.Context, press func() error) (string, error) {
	c.other.hush()
	c.telegram.hush()
	found, err := detect(c.telegram.sound)
	if err != nil {
		return "", err
	}
	if err := press(); err != nil {
		return "", err
	}
	for _, want := range []byte(keys) {
		switch got, err := next(ctx, found, fmt.Sprintf("the person on Telegram never heard %c", want)); {
		case err != nil:
			return "", err
		case got != want:
			return "", fmt.Errorf("the person on Telegram heard %c, not %c", got, want)
		}
	}
	path, err := c.end(ctx)
	return path + "; heard " + keys, err
}

// detect looks for digits in what comes.
func detect(s media.Stream) (<-chan byte, error) {
	decoder, err := codec.NewDecoder(media.Opus, dtmf.Rate)
	if err != nil {
		return nil, err
	}
	found, detector, pcm := make(chan byte, 64), dtmf.NewDetector(), make([]int16, codec.MaxSamples)
	s.OnRTP(func(p *rtp.Packet) {
		n, err := decoder.Decode(p.Payload, pcm)
		if err != nil {
			return
		}
		for _, digit := range detector.Write(pcm[:n]) {
			select {
			case found <- digit:
			default:
			}
		}
	})
	return found, nil
}

// written has the person on Telegram write digits, which FreeSWITCH hears.
func (w *world) written(ctx context.Context, line string, before ...string) (string, error) {
	c, err := w.incoming(ctx, line)
	if err != nil {
		return "", err
	}
	if err := c.park(ctx, before...); err != nil {
		return "", err
	}
	c.telegram.hush()
	heard := w.fs.Listen(func(e *esl.Event) bool { return e.Name() == "DTMF" && e.UUID() == c.uuid })
	defer heard.Close()
	if err := w.writes(ctx, line, keys); err != nil {
		return "", err
	}
	for _, want := range keys {
		e, err := w.digit(ctx, heard)
		if err != nil {
			return "", fmt.Errorf("FreeSWITCH never heard %c: %w", want, err)
		}
		if e != string(want) {
			return "", fmt.Errorf("FreeSWITCH heard %s, not %c", e, want)
		}
	}
	path, err := c.end(ctx)
	return path + "; FreeSWITCH heard " + keys, err
}

// writes has Ann write to a line.
func (w *world) writes(ctx context.Context, line, text string) error {
	to, err := w.ann.phone.Session().Resolve(ctx, "@line_"+line)
	if err != nil {
		return err
	}
	return w.ann.phone.Session().SendMessage(ctx, to, text)
}

func (w *world) digit(ctx context.Context, heard *esl.Watch) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, eventTime, errors.New("no event"))
	defer cancel()
	e, err := heard.Next(ctx)
	if err != nil {
		return "", err
	}
	return e.Get("DTMF-Digit"), nil
}

// writtenAsTones has FreeSWITCH listen with a jitter buffer: on a busy machine it hears gaps in tones without one.
func writtenAsTones(ctx context.Context, w *world) (string, error) {
	if err := w.fs.needs(ctx, "mod_spandsp"); err != nil {
		return "", err
	}
	return w.written(ctx, "inband", "jitterbuffer:100", "spandsp_start_dtmf")
}
