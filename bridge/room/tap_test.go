package room_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp"

	"switchgram/bridge/room"
	"switchgram/bridge/sound"
)

func TestATapGivesPacketsAsTheyAre(t *testing.T) {
	inBubble(t, func(t *testing.T, r *room.Room) {
		ann, bob := says(t, r, browser, 400), says(t, r, browser, 600)
		wait(time.Second)
		tap := r.Tap(room.TapOptions{Packets: 1000})
		wait(time.Second)
		tap.Close()
		tap.Close()
		wait(100 * time.Millisecond)
		ann.hang()
		bob.hang()
		count := map[*room.Seat]int{}
		heard := bob.end.Received()
		for k := range tap.Packets() {
			count[k.Seat]++
			if k.Seat == ann.seat && (k.Format != browser || !slices.ContainsFunc(heard, func(p *rtp.Packet) bool { return bytes.Equal(p.Payload, k.Packet.Payload) })) {
				t.Fatalf("a packet that ann did not send: %v", k)
			}
			if k.Missed != 0 {
				t.Errorf("%d packets missed", k.Missed)
			}
		}
		if a, b := count[ann.seat], count[bob.seat]; a < 49 || a > 51 || b < 49 || b > 51 {
			t.Errorf("%d packets of ann's, %d of bob's", a, b)
		}
	})
}

func TestATapHasNothingOfWhoIsMuted(t *testing.T) {
	inBubble(t, func(t *testing.T, r *room.Room) {
		ann, bob := says(t, r, browser, 400), says(t, r, browser, 600)
		tap := r.Tap(room.TapOptions{Packets: 1000})
		ann.seat.Mute(true)
		ann.seat.Become(room.Talk, nil)
		wait(time.Second)
		ann.seat.Mute(false)
		until := time.Now()
		wait(time.Second)
		tap.Close()
		ann.hang()
		bob.hang()
		count := map[*room.Seat]int{}
		for k := range tap.Packets() {
			if count[k.Seat]++; k.Seat == ann.seat && k.At.Before(until) {
				t.Fatal("who is muted is recorded")
			}
		}
		if a, b := count[ann.seat], count[bob.seat]; a < 48 || a > 51 || b < 98 {
			t.Errorf("%d packets of ann's, %d of bob's", a, b)
		}
	})
}

func TestATapGivesTheMixWhilePacketsAreRelayed(t *testing.T) {
	inBubble(t, func(t *testing.T, r *room.Room) {
		ann, bob := says(t, r, browser, 400), says(t, r, browser, 600)
		wait(time.Second)
		tap := r.Tap(room.TapOptions{Mix: 1000})
		wait(2 * time.Second)
		if path := r.Path(); path != "relay opus" {
			t.Errorf("path %s", path)
		}
		ann.seat.Mute(true)
		wait(2 * time.Second)
		tap.Close()
		ann.hang()
		bob.hang()
		var pcm []int16
		for s := range tap.Mix() {
			pcm = append(pcm, s.PCM...)
		}
		if n := len(pcm); n < 48000*38/10 || n > 48000*41/10 {
			t.Fatalf("%.2f s of it", float64(n)/48000)
		}
		both, one := pcm[48000/2:48000*3/2], pcm[48000*5/2:48000*7/2]
		if a, b := level(both, 400), level(both, 600); a < -21 || a > -19 || b < -21 || b > -19 {
			t.Errorf("ann at %.1f dB, bob at %.1f dB", a, b)
		}
		if a, b := level(one, 400), level(one, 600); a > -60 || b < -21 {
			t.Errorf("ann, who is muted, at %.1f dB, bob at %.1f dB", a, b)
		}
	})
}

func TestAPausedTapGivesNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, r *room.Room) {
		ann, bob := says(t, r, browser, 400), says(t, r, browser, 600)
		tap := r.Tap(room.TapOptions{Packets: 1000, Mix: 1000})
		wait(time.Second)
		from := time.Now()
		tap.Pause(true)
		wait(2 * time.Second)
		tap.Pause(false)
		until := time.Now()
		wait(time.Second)
		tap.Close()
		ann.hang()
		bob.hang()
		var parts [2]int
		for k := range tap.Packets() {
			if k.At.After(from) && k.At.Before(until) || k.Part != map[bool]int{false: 0, true: 1}[k.At.After(from)] {
				t.Fatalf("a packet of part %d, %v after the pause began", k.Part, k.At.Sub(from))
			}
			parts[k.Part]++
		}
		if parts[0] < 95 || parts[1] < 95 {
			t.Errorf("%d packets before the pause, %d after it", parts[0], parts[1])
		}
		if n := len(tap.Mix()); n < 95 || n > 105 {
			t.Errorf("%d blocks of the mix in two seconds", n)
		}
	})
}

func TestARoomDoesNotWaitForItsTap(t *testing.T) {
	inBubble(t, func(t *testing.T, r *room.Room) {
		ann, bob := says(t, r, browser, 400), join(t, r, browser, room.Talk, sound.Silence{})
		tap := r.Tap(room.TapOptions{Packets: 10, Mix: 10})
		wait(2 * time.Second)
		if m := tap.Missed(); m.Packets < 150 || m.Mix < 85 {
			t.Errorf("missed %+v", m)
		}
		for range 10 {
			<-tap.Packets()
			<-tap.Mix()
		}
		wait(40 * time.Millisecond)
		if k := <-tap.Packets(); k.Missed < 150 {
			t.Errorf("told of %d packets missed", k.Missed)
		}
		if s := <-tap.Mix(); s.Missed < 85 {
			t.Errorf("told of %d blocks missed", s.Missed)
		}
		ann.hang()
		bob.hang()
		r.Close()
		for range tap.Packets() { // it is closed with the room
		}
	})
}
