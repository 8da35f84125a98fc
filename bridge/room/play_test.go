package room_test

import (
	"bytes"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp"

	"switchgram/bridge/media"
	"switchgram/bridge/room"
	"switchgram/bridge/sound"
)

// A while is a tone of so many samples.
type while struct {
	tone *sound.Tone
	left int
}

func (w *while) Fill(pcm []int16, rate int) int {
	n := min(len(pcm), w.left)
	w.tone.Fill(pcm[:n], rate)
	w.left -= n
	return n
}

func ended(p *room.Playback) bool {
	select {
	case <-p.Done():
		return true
	default:
		return false
	}
}

func TestOneIsPlayedATone(t *testing.T) {
	for name, c := range map[string]struct {
		under bool
		hears map[float64]float64
	}{
		"in place of the talk": {false, map[float64]float64{900: -20}},
		"under the talk":       {true, map[float64]float64{600: -20, 900: -20}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, r *room.Room) {
				ann, bob := says(t, r, browser, 400), says(t, r, browser, 600)
				wait(2 * time.Second)
				p := ann.seat.Play(sound.NewTone(900, 0.1), room.PlayOptions{Under: c.under})
				wait(3 * time.Second)
				if path := bob.seat.Stats().Path; path != "relay opus" {
					t.Errorf("bob hears %s", path)
				}
				p.Stop()
				p.Stop()
				wait(8 * time.Second) // he does not pause
				if !ended(p) || p.Finished() || ann.seat.Stats().Path != "relay opus" {
					t.Errorf("ended %t, finished %t; ann hears %s", ended(p), p.Finished(), ann.seat.Stats().Path)
				}
				ann.hang()
				bob.hang()
				ann.hears(t, 1, 1.8, map[float64]float64{600: -20})
				ann.hears(t, 2.5, 4.8, c.hears)
				ann.hears(t, 6, 12, map[float64]float64{600: -20})
				ann.unbroken(t)
				bob.hears(t, 1, 12, map[float64]float64{400: -20})
			})
		})
	}
}

func TestAnEndIsTold(t *testing.T) {
	inBubble(t, func(t *testing.T, r *room.Room) {
		ann, bob := says(t, r, pcmu, 400), says(t, r, browser, 600)
		wait(time.Second)
		all := r.Play(&while{sound.NewTone(900, 0.1), 48000}, room.PlayOptions{Gain: -6})
		wait(500 * time.Millisecond)
		if ended(all) {
			t.Error("it has ended too soon")
		}
		wait(600 * time.Millisecond)
		if !ended(all) || !all.Finished() {
			t.Error("it has not ended")
		}
		wait(time.Second)
		ann.hang()
		bob.hang()
		ann.hears(t, 1.2, 1.8, map[float64]float64{900: -26})
		bob.hears(t, 1.2, 1.8, map[float64]float64{900: -26})
		ann.hears(t, 2.4, 3, map[float64]float64{600: -20})
	})
}

func TestAPlaybackEndsWithItsSeat(t *testing.T) {
	inBubble(t, func(t *testing.T, r *room.Room) {
		ann := says(t, r, pcmu, 400)
		p, q := ann.seat.Play(sound.Silence{}, room.PlayOptions{}), r.Play(sound.Silence{}, room.PlayOptions{})
		ann.hang()
		late := ann.seat.Play(sound.Silence{}, room.PlayOptions{})
		r.Close()
		if !ended(p) || !ended(q) || !ended(late) || p.Finished() {
			t.Errorf("ended: %t, %t, %t", ended(p), ended(q), ended(late))
		}
	})
}

// TestMusicOnHold: who is held hears what is played to it.
func TestMusicOnHold(t *testing.T) {
	inBubble(t, func(t *testing.T, r *room.Room) {
		ann, bob := says(t, r, pcmu, 400), says(t, r, browser, 600)
		ann.seat.Hold(true)
		ann.seat.Play(sound.NewTone(900, 0.1), room.PlayOptions{Under: true})
		wait(2 * time.Second)
		ann.hang()
		bob.hang()
		ann.hears(t, 0.5, 1.8, map[float64]float64{900: -20})
	})
}

func TestAPromptGoesOutAsItsOwnPackets(t *testing.T) {
	file, err := os.ReadFile("../sound/testdata/tone.opus")
	if err != nil {
		t.Fatal(err)
	}
	read := func() *sound.OpusPackets {
		src, err := sound.ReadOpus(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		return src.(*sound.OpusPackets)
	}
	inBubble(t, func(t *testing.T, r *room.Room) {
		ann, bob := says(t, r, browser, 400), says(t, r, browser, 600)
		wait(time.Second)
		before := len(ann.end.Received())
		p := ann.seat.Play(read(), room.PlayOptions{})
		if path := ann.seat.Stats().Path; path != "prompt" {
			t.Errorf("ann hears %s", path)
		}
		wait(1300 * time.Millisecond)
		prompt := ann.end.Received()[before:]
		wait(2 * time.Second)
		if !ended(p) || !p.Finished() {
			t.Error("the end was not told")
		}
		ann.hang()
		bob.hang()
		// then: its packets came, and no others among them, those of several frames in pieces
		var want [][]byte
		src := read()
		for packet, ok := src.NextPacket(); ok; packet, ok = src.NextPacket() {
			want = append(want, pieces(t, packet)...)
		}
		first := slices.IndexFunc(prompt, func(k *rtp.Packet) bool { return bytes.Equal(k.Payload, want[0]) })
		if first < 0 || first > 2 || len(prompt) < first+len(want) {
			t.Fatalf("the first packet of %d is number %d of %d", len(want), first, len(prompt))
		}
		for i, w := range want {
			if !bytes.Equal(prompt[first+i].Payload, w) {
				t.Fatalf("packet %d is another", i)
			}
		}
		if st := ann.seat.Stats(); st.Played != uint64(len(want)) || st.Transcoded != 0 {
			t.Errorf("%d pieces; %+v", len(want), st)
		}
		ann.hears(t, 2.6, 4, map[float64]float64{600: -20})
		ann.unbroken(t)
	})
}

// pieces is a packet in packets of 20 ms, as far as its frames are no longer.
func pieces(t *testing.T, packet []byte) (all [][]byte) {
	t.Helper()
	var p media.OpusPacket
	if err := p.Parse(packet); err != nil {
		t.Fatal(err)
	}
	n, each := p.Cut(20 * time.Millisecond)
	for i := range n {
		all = append(all, p.AppendFrames(nil, i*each, each))
	}
	return all
}

func TestAPromptIsDecodedForATelephone(t *testing.T) {
	inBubble(t, func(t *testing.T, r *room.Room) {
		f, err := os.Open("../sound/testdata/tone.opus")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		src, err := sound.ReadOpus(f)
		if err != nil {
			t.Fatal(err)
		}
		ann := says(t, r, pcmu, 400)
		p := ann.seat.Play(src, room.PlayOptions{})
		wait(2 * time.Second)
		if !ended(p) || !p.Finished() {
			t.Error("the end was not told")
		}
		ann.hang()
		if h := sound.Measure(ann.between(t, 0.2, 1.1), 48000); h.Hz < 699 || h.Hz > 701 || h.Share < 0.95 {
			t.Errorf("ann heard %v", h)
		}
	})
}
