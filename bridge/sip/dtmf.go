package sip

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"switchgram/bridge/sip/sdp"
)

// DTMF is how the digits of a dialog travel. Whatever it says, digits that come by telephone-event or INFO are heard: FreeSWITCH can be
// so liberal that it sends events nobody has accepted.
type DTMF uint8

// The ways.
const (
	AutoDTMF  DTMF = iota // as telephone-events (RFC 4733) if the far end takes them, by INFO otherwise
	EventDTMF             // as telephone-events only
	InfoDTMF              // by INFO; telephone-events are neither offered nor accepted, since a switch that has agreed on them may ignore INFO
	NoDTMF                // in the sound, which is not this package's business; likewise
)

// events tells whether telephone-events are to be agreed on.
func (m DTMF) events() bool { return m == AutoDTMF || m == EventDTMF }

const (
	keyUpdate = 20 * time.Millisecond  // between the packets of one key, as FreeSWITCH does
	keyPause  = 100 * time.Millisecond // between two keys
	minKey    = 2 * keyUpdate          // ITU-T Q.24: shorter ones need not be recognised
	maxKey    = 8 * time.Second        // longer keys are cut
	keyVolume = 13                     // -dBm0, as FreeSWITCH says
)

// UseDTMF chooses how the digits of an incoming call travel. No effect after EarlyMedia or Answer.
func (d *Dialog) UseDTMF(m DTMF) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.dtmf = m
}

// SendDTMF sends digits 0-9 A-D * #, each that long (40 ms to 8 s) and 100 ms apart, and returns when the last is over. Several calls
// follow one another. Audio written while a digit is sent as telephone-events is dropped.
//
// The error is ErrNoDTMF if the far end takes no digits in the dialog's way. When ctx ends the key that is down goes up.
func (d *Dialog) SendDTMF(ctx context.Context, digits string, each time.Duration) error {
	press, err := d.presser()
	if err != nil {
		return err
	}
	return d.sound.dial(ctx, digits, min(max(each, minKey), maxKey), press, d.over)
}

// presser presses one key, and returns when it is up.
type presser func(ctx context.Context, event byte, each time.Duration) error

// presser is the way in which the far end takes digits.
func (d *Dialog) presser() (presser, error) {
	d.mu.Lock()
	mode := d.dtmf
	d.mu.Unlock()
	switch known := d.Format().DTMFPayloadType != 0; {
	case mode.events() && known:
		return d.sound.press, nil
	case mode == AutoDTMF && d.Format().Codec != sdp.NoCodec, mode == InfoDTMF:
		return d.inform, nil
	default:
		return nil, ErrNoDTMF
	}
}

// inform tells of a key by INFO, as FreeSWITCH and most others write it, and waits for as long as the key is down.
func (d *Dialog) inform(ctx context.Context, event byte, each time.Duration) error {
	req := d.request(sip.INFO, sip.NewHeader("Content-Type", "application/dtmf-relay"))
	req.SetBody([]byte("Signal=" + string(keys[event]) + "\r\nDuration=" + strconv.FormatInt(each.Milliseconds(), 10) + "\r\n"))
	began := time.Now()
	res, err := d.ask(ctx, req)
	if err := d.judge(res, err, "info"); err != nil {
		return refusedInfo(err)
	}
	return wait(ctx, each-time.Since(began), d.over)
}

// refusedInfo says ErrNoDTMF where the far end does not know INFO, or not what it said.
func refusedInfo(err error) error {
	var refused *StatusError
	if errors.As(err, &refused) {
		switch refused.Code {
		case sip.StatusMethodNotAllowed, sip.StatusUnsupportedMediaType, sip.StatusNotImplemented, badInfoPackage:
			return fmt.Errorf("%w: %w", ErrNoDTMF, err)
		}
	}
	return err
}

// badInfoPackage is a status of RFC 6086 §4.2.2.
const badInfoPackage = 469

// dial sends digits one after another.
func (s *sound) dial(ctx context.Context, digits string, each time.Duration, press presser, ended <-chan struct{}) error {
	if i := strings.IndexFunc(digits, func(r rune) bool { return !strings.ContainsRune(keys, r) }); i >= 0 {
		return fmt.Errorf("send digits: number %d of them is none; want 0-9 A-D * #", i+1)
	}
	select {
	case s.out.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.out.turn }()
	for i := range len(digits) {
		if err := wait(ctx, time.Until(s.out.up.Add(keyPause)), ended); err != nil {
			return err
		}
		err := press(ctx, byte(strings.IndexByte(keys, digits[i])), each)
		s.out.up = time.Now()
		if err != nil {
			return fmt.Errorf("send digit: %w", err)
		}
	}
	return nil
}

// press sends one key as telephone-events (RFC 4733 §2.5.1): updates that say how long it has been down, and three that say it is up.
func (s *sound) press(ctx context.Context, event byte, each time.Duration) error {
	k, err := s.keyDown(event)
	if err != nil {
		return err
	}
	defer s.keyUp()
	for d := keyUpdate; d < each; d += keyUpdate {
		if err := s.sendKey(&k, d, false); err != nil {
			return err
		}
		if err = wait(ctx, keyUpdate, nil); err != nil {
			each = d // it goes up all the same
		}
	}
	for range 3 {
		if err := s.sendKey(&k, each, true); err != nil {
			return err
		}
	}
	return err
}

// pressed is a key that is being sent.
type pressed struct {
	event  byte
	clock  int    // that durations are counted in
	begins uint32 // its timestamp
	told   bool   // something of it was sent
}

// keyDown stops the audio and says when in RTP time the key goes down. Its clock is the codec's, since it shares the codec's
// timestamps; FreeSWITCH does the same whatever the telephone-event's rate.
func (s *sound) keyDown(event byte) (pressed, error) {
	t, f := s.agreed.Load(), s.format.Load()
	switch {
	case t == nil || f == nil || s.to.Load() == nil:
		return pressed{}, ErrNoMedia
	case f.DTMFPayloadType == 0:
		return pressed{}, ErrNoDTMF
	case !t.Direction.Sends():
		return pressed{}, ErrHeld
	}
	o := &s.out
	o.mu.Lock()
	defer o.mu.Unlock()
	o.dialling = true
	return pressed{event: event, clock: f.ClockRate, begins: o.clock(time.Now(), f.ClockRate)}, nil
}

func (s *sound) keyUp() {
	s.out.mu.Lock()
	s.out.dialling = false
	s.out.mu.Unlock()
}

// sendKey says that the key has been down for d.
func (s *sound) sendKey(k *pressed, d time.Duration, end bool) error {
	to, f := s.to.Load(), s.format.Load()
	payload := [4]byte{k.event, keyVolume}
	if end {
		payload[1] |= 0x80
	}
	binary.BigEndian.PutUint16(payload[2:], k.duration(d))
	o := &s.out
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := s.send(time.Now(), *to, f.DTMFPayloadType, !k.told, o.next, k.begins, payload[:]); err != nil {
		return err
	}
	k.told = true
	o.shift++
	return nil
}

// duration is how long the key has been down, in the 16 bits there are for it: 1.36 s of Opus's clock. What lasts longer begins again at
// nothing under the same timestamp, which FreeSWITCH takes for what it is, and others for the same key. The segments of
// RFC 4733 §2.5.1.3 have timestamps of their own, and FreeSWITCH forgets the first of them, while simpler telephones hear two keys.
func (k *pressed) duration(d time.Duration) uint16 {
	const full = 1<<16 - 1
	ticks := int(d * time.Duration(k.clock) / time.Second)
	if ticks == 0 {
		return 0
	}
	return uint16((ticks-1)%full + 1)
}

// wait is a pause that ctx or the end of the call cuts short.
func wait(ctx context.Context, d time.Duration, ended <-chan struct{}) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ended:
		return ErrEnded
	case <-ctx.Done():
		return ctx.Err()
	}
}
