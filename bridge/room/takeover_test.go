package room_test

import (
	"bytes"
	"math"
	"math/rand/v2"
	"os/exec"
	"slices"
	"testing"
	"time"

	"switchgram/bridge/media"
	"switchgram/bridge/room"
	"switchgram/bridge/room/codec"
	"switchgram/bridge/sound"
)

// TestPacketsTakeOverInTheMiddleOfATalk: somebody reads aloud where it is never quiet; a third joins, and leaves. Soon the far side hears her packets
// again, and its decoder, which heard our mix until then, makes of them what one does that has heard her all along, but for 20 ms.
func TestPacketsTakeOverInTheMiddleOfATalk(t *testing.T) {
	var longest, spoilt time.Duration
	for _, voice := range []string{"en+f2", "de+m3", "ru+m7"} {
		pcm := readAloud(t, voice)
		for i := range 4 {
			waited, wrong := takeOver(t, &recorded{pcm: pcm[i*21000:]})
			longest, spoilt = max(longest, waited), max(spoilt, wrong)
		}
	}
	t.Logf("packets waited for %v at most, and %v at most were spoilt", longest, spoilt)
	if longest > 4*time.Second || spoilt > 20*time.Millisecond {
		t.Errorf("packets waited for %v, and %v were spoilt", longest, spoilt)
	}
}

// TestPacketsOfATelephoneTakeOverAtOnce: whoever comes into the middle of G.711 is right at once, and of G.722 soon.
func TestPacketsOfATelephoneTakeOverAtOnce(t *testing.T) {
	for _, f := range []media.Format{pcmu, g722} {
		inBubble(t, func(t *testing.T, r *room.Room) {
			ann, bob := says(t, r, f, 550), says(t, r, f, 650)
			wait(time.Second)
			cat := join(t, r, f, room.Talk, sound.Silence{})
			wait(time.Second)
			before := bob.seat.Stats().Relayed
			cat.hang()
			wait(500 * time.Millisecond)
			if n := bob.seat.Stats().Relayed - before; n < 20 {
				t.Errorf("%v: %d packets in half a second", f.Codec, n)
			}
			bob.hang()
			bob.heardAlways(t, 550, 2)
			ann.hang()
		})
	}
}

// TestPacketsTakeOverFromSomebodyMuted: she sends nothing when the mix is over. What she says later is her own packets at once.
func TestPacketsTakeOverFromSomebodyMuted(t *testing.T) {
	inBubble(t, func(t *testing.T, r *room.Room) {
		ann, bob := says(t, r, browser, 600), join(t, r, browser, room.Talk, sound.Silence{})
		cat := join(t, r, browser, room.Talk, sound.Silence{})
		wait(time.Second)
		ann.end.Lose(func(int) bool { return true })
		wait(300 * time.Millisecond)
		cat.hang()
		wait(300 * time.Millisecond)
		mixed := bob.seat.Stats().Transcoded
		ann.end.Lose(nil)
		wait(time.Second)
		if st := bob.seat.Stats(); st.Transcoded != mixed || st.Relayed < 48 {
			t.Errorf("%d packets were mixed then, %+v", st.Transcoded-mixed, st)
		}
		ann.hang()
		bob.hang()
		bob.unbroken(t)
	})
}

// takeOver tells for how long packets of src waited when a mix was over, and how much of what the far side heard of them was not what was said.
func takeOver(t *testing.T, src sound.Source) (waited, spoilt time.Duration) {
	t.Helper()
	inBubble(t, func(t *testing.T, r *room.Room) {
		tap := r.Tap(room.TapOptions{Packets: 2000})
		ann, bob := join(t, r, browser, room.Talk, src), join(t, r, browser, room.Talk, sound.Silence{})
		wait(700 * time.Millisecond)
		cat := join(t, r, browser, room.Talk, sound.Silence{})
		wait(700 * time.Millisecond)
		before := bob.seat.Stats().Relayed
		cat.hang()
		for bob.seat.Stats().Relayed == before && waited < 10*time.Second {
			wait(tick)
			waited += tick
		}
		wait(500 * time.Millisecond)
		bob.hang()
		bob.unbroken(t)
		ann.hang()
		tap.Close()
		var said, heard [][]byte
		for k := range tap.Packets() {
			if k.Seat == ann.seat {
				said = append(said, k.Packet.Payload)
			}
		}
		for _, k := range bob.sent {
			heard = append(heard, k.Payload)
		}
		spoilt = wrong(t, said, heard)
	})
	return waited, spoilt
}

const tick = 20 * time.Millisecond

// wrong is how much is not the same, less than 20 dB alike, of the last packets that were heard as they were said.
func wrong(t *testing.T, said, heard [][]byte) (d time.Duration) {
	t.Helper()
	s := slices.IndexFunc(said, func(p []byte) bool { return bytes.Equal(p, heard[len(heard)-1]) }) + 1
	h, n := len(heard), 0
	for n < s && bytes.Equal(said[s-n-1], heard[h-n-1]) {
		n++
	}
	if n < 20 {
		t.Fatalf("%d packets heard as they were said", n)
	}
	want, got := decoded(t, said[:s]), decoded(t, heard)
	for i := n; i > 0; i-- {
		a, b := want[len(want)-i*960:][:960], got[len(got)-i*960:][:960]
		if likeness(a, b) < 20 {
			d += tick
		}
	}
	return d
}

// decoded is the sound of packets of Opus, all of them.
func decoded(t *testing.T, packets [][]byte) (all []int16) {
	t.Helper()
	dec, err := codec.NewDecoder(media.Opus, 48000)
	if err != nil {
		t.Fatal(err)
	}
	pcm := make([]int16, codec.MaxSamples)
	for _, p := range packets {
		n, err := dec.Decode(p, pcm)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, pcm[:n]...)
	}
	return all
}

// likeness is the ratio in dB of want to what got differs by.
func likeness(want, got []int16) float64 {
	var power, noise float64
	for i, v := range want {
		d := float64(v) - float64(got[i])
		power, noise = power+float64(v)*float64(v), noise+d*d
	}
	return 10 * math.Log10(power/max(noise, 1))
}

// readAloud is a voice at 48 kHz, in a room where it is 35 dB softer than that, but never silent.
func readAloud(t *testing.T, voice string) []int16 {
	t.Helper()
	out, err := exec.Command("espeak-ng", "--stdout", "-v", voice,
		"One thousand three hundred and thirty six grams, on the second Thursday of each month, when we open at eleven forty five.").Output()
	if err != nil {
		t.Fatalf("espeak-ng: %v", err)
	}
	wav, err := sound.ReadWAV(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	wav.Loop()
	pcm, hiss := make([]int16, 15*48000), rand.New(rand.NewPCG(1, 2))
	wav.Fill(pcm, 48000)
	for i, v := range pcm {
		pcm[i] = int16(float64(v)/2 + 50*hiss.NormFloat64())
	}
	return pcm
}

// A recorded source is sound at 48 kHz.
type recorded struct{ pcm []int16 }

func (r *recorded) Fill(pcm []int16, _ int) int {
	n := copy(pcm, r.pcm)
	r.pcm = r.pcm[n:]
	return n
}
