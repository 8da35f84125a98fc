package sip

import (
	"encoding/binary"
	"time"
)

// keys are the events of RFC 4733 §3.2 in their order.
const keys = "0123456789*#ABCD"

// keyTimeout ends a key whose end packets were all lost.
const keyTimeout = 250 * time.Millisecond

// keypad hears telephone-events: many packets say that one key is down, three say that it is up again, and any of them may be lost.
type keypad struct {
	down      bool
	event     byte
	timestamp uint32
	duration  uint32 // of this segment, in ticks
	before    uint32 // before this segment: a duration has 16 bits (RFC 4733 §2.5.1.3)
	step      uint32 // smallest growth of duration seen; 0: none yet
	clock     int    // agreed on for the events
	audio     int    // of the codec
	heard     time.Time
	known     bool // timestamp is that of the last key, up or down
}

// hear takes one telephone-event packet and returns the key that went up with it, if one did. Clock is the events', audio the codec's.
func (k *keypad) hear(payload []byte, marker bool, timestamp uint32, clock, audio int, now time.Time) (Digit, bool) {
	if len(payload) < 4 || int(payload[0]) >= len(keys) {
		return Digit{}, false
	}
	event, end, duration := payload[0], payload[1]&0x80 != 0, uint32(binary.BigEndian.Uint16(payload[2:]))
	if k.known && timestamp == k.timestamp && !k.down || k.known && int32(timestamp-k.timestamp) < 0 {
		return Digit{}, false // further end packets of a key that is up, or a straggler
	}
	var digit Digit
	var up bool
	switch {
	case k.down && timestamp == k.timestamp:
		k.grow(duration)
	case k.goesOn(event, marker, timestamp):
		k.before, k.timestamp, k.duration = k.before+k.duration, timestamp, duration
	default:
		digit, up = k.release()
		*k = keypad{down: true, event: event, timestamp: timestamp, duration: duration, clock: clock, audio: audio, known: true}
	}
	k.heard = now
	if end && !up {
		return k.release()
	}
	// A key whose only packet is the end of it, right after one whose end was lost, goes up with its next end packet or by expire.
	return digit, up
}

// What a duration is near when its 16 bits are full, and when it has just begun again.
const (
	nearlyFull = 0xf000
	justBegun  = 0x1000
)

// goesOn tells whether a packet is of the next segment of the key that is down: one whose duration has filled its 16 bits. FreeSWITCH begins
// it 0xFFFF after the last, though it has told of somewhat less.
func (k *keypad) goesOn(event byte, marker bool, timestamp uint32) bool {
	passed := timestamp - k.timestamp
	return k.down && !marker && event == k.event && k.duration >= nearlyFull && passed >= k.duration && passed <= 1<<16
}

func (k *keypad) grow(duration uint32) {
	switch {
	case k.duration >= nearlyFull && duration < justBegun: // it goes on under the same timestamp, as we have it, too
		k.before, k.duration = k.before+1<<16-1, duration
		return
	case duration <= k.duration:
		return
	}
	if step := duration - k.duration; k.step == 0 || step < k.step {
		k.step = step
	}
	k.duration = duration
}

// expire returns the key that has been down without a word for so long, if one is.
func (k *keypad) expire(now time.Time, silent time.Duration) (Digit, bool) {
	if !k.down || now.Sub(k.heard) < silent {
		return Digit{}, false
	}
	return k.release()
}

func (k *keypad) release() (Digit, bool) {
	if !k.down {
		return Digit{}, false
	}
	k.down = false
	ticks := time.Duration(k.before + k.duration)
	return Digit{Key: rune(keys[k.event]), Duration: ticks * time.Second / time.Duration(k.ticking())}, true
}

// ticking is the clock that the far end really counts in. FreeSWITCH takes 48 kHz on Opus even where telephone-event/8000 was agreed
// on. Updates come every 10 to 50 ms, and 480 ticks are 10 ms of the one clock or 60 ms of the other; a key heard of only once is
// taken for at least 40 ms.
func (k *keypad) ticking() int {
	if k.audio == k.clock || k.audio != 48000 {
		return k.clock
	}
	if k.step >= 480 || k.step == 0 && k.duration >= 1920 {
		return k.audio
	}
	return k.clock
}
