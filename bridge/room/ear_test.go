package room

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/pion/rtp"

	"switchgram/bridge/media"
	"switchgram/bridge/room/codec"
	"switchgram/bridge/sound"
)

// A feed sends a tone to an ear, in a time of its own.
type feed struct {
	ear     *ear
	in      *intake
	packets [][]byte // a second of the tone, again and again
	next    rtp.Packet
	n       int
	step    uint32
	now     time.Time
}

// newFeed is of a tone that is the same each second.
func newFeed(t *testing.T, c media.Codec, hz float64) *feed {
	t.Helper()
	f := &feed{in: &intake{}, now: time.Unix(1e9, 0), step: phoneFormat(c).Timestamp(ptime)}
	v := newTalker(t, c, hz, ptime)
	v.enc.ExpectLoss(0.1)
	for range 50 {
		v.packet() // the encoder settles
	}
	for range 50 {
		f.packets = append(f.packets, v.packet())
	}
	var err error
	if f.ear, err = newEar(f.in, phoneFormat(c), c.SampleRate(), new([codec.MaxSamples]int16), f.now); err != nil {
		t.Fatal(err)
	}
	f.next.Timestamp = 1<<32 - 5000
	return f
}

// send lets the next packet come, unless it is lost.
func (f *feed) send(at time.Time, lost bool) {
	f.next.Payload = f.packets[f.n%len(f.packets)]
	if !lost {
		f.in.note(&f.next, at)
	}
	f.n++
	f.next.SequenceNumber++
	f.next.Timestamp += f.step
}

// TestAnHourWithAWrongClockHasNoFlaw: the source's clock is as wrong as crystals are, and nothing is heard of it.
func TestAnHourWithAWrongClockHasNoFlaw(t *testing.T) {
	for _, c := range []struct {
		codec media.Codec
		long  time.Duration
		ppm   float64
	}{{media.PCMU, time.Hour, 100}, {media.PCMU, time.Hour, -100}, {media.Opus, time.Minute, 1000}, {media.Opus, time.Minute, -1000}} {
		t.Run(fmt.Sprint(c.codec, c.ppm), func(t *testing.T) {
			const hz = 600
			f := newFeed(t, c.codec, hz)
			begin, due := f.now, f.now
			var pcm []int16
			var most time.Duration
			flaws := 0
			for n := 0; f.now.Sub(begin) < c.long; n++ {
				for !due.After(f.now) {
					f.send(due, false)
					due = begin.Add(time.Duration(float64(f.n) * float64(ptime) * (1 + c.ppm/1e6)))
				}
				pcm, _ = f.ear.read(pcm, f.now)
				most = max(most, f.ear.delay)
				f.now = f.now.Add(ptime)
				if n == 50 {
					pcm, most = pcm[:0], 0 // it has begun
				}
				if n%3000 == 2999 {
					flaws += len(sound.Flaws(pcm, c.codec.SampleRate(), hz, 25))
					pcm = append(pcm[:0], pcm[len(pcm)-len(pcm)/100:]...)
				}
			}
			if flaws > 0 || f.ear.counts != (counts{}) {
				t.Errorf("%d flaws, %+v", flaws, f.ear.counts)
			}
			if most > 65*time.Millisecond {
				t.Errorf("a delay of %v", most)
			}
		})
	}
}

// TestLossesAreHiddenByWhatThePacketsRepeat: 5 % of the packets of a browser are lost, one at a time, and come again in the next, by in-band
// FEC. Of this tone the encoder does repeat all; of others, which it takes for no voice, nothing.
func TestLossesAreHiddenByWhatThePacketsRepeat(t *testing.T) {
	const hz = 800
	f := newFeed(t, media.Opus, hz)
	r := rand.New(rand.NewPCG(5, 5))
	var pcm []int16
	lost, sent := 0, 0
	for range 3000 {
		gone := sent > 0 && r.IntN(19) == 0
		sent++
		if gone {
			lost, sent = lost+1, 0
		}
		f.send(f.now, gone)
		pcm, _ = f.ear.read(pcm, f.now.Add(time.Millisecond))
		f.now = f.now.Add(ptime)
	}
	c := f.ear.counts
	if lost < 120 || c.lost < uint64(lost)-2 || c.lost > uint64(lost) || c.concealed > c.lost+3 {
		t.Errorf("%d lost; %+v", lost, c)
	}
	if all := sound.Flaws(pcm[48000:], 48000, hz, 20); len(all) > 0 {
		t.Errorf("%d flaws of less than 20 dB", len(all))
	}
	if got := sound.SNR(pcm[48000:], 48000, hz); got < 25 {
		t.Errorf("%.1f dB in all, want 25", got)
	}
}

// TestDelayFollowsTheJitter: packets come up to 80 ms late for a while.
func TestDelayFollowsTheJitter(t *testing.T) {
	f := newFeed(t, media.PCMU, 600)
	r := rand.New(rand.NewPCG(7, 7))
	var coming []time.Time // when the packets that were sent come
	run := func(d, jitter time.Duration) (concealed uint64) {
		was := f.ear.counts.concealed
		for end := f.now.Add(d); f.now.Before(end); f.now = f.now.Add(ptime) {
			at := f.now.Add(time.Duration(r.Int64N(int64(jitter + 1))))
			if n := len(coming); n > 0 && coming[n-1].After(at) {
				at = coming[n-1]
			}
			coming = append(coming, at)
			read := f.now.Add(5 * time.Millisecond)
			for len(coming) > 0 && !coming[0].After(read) {
				f.send(coming[0], false)
				coming = coming[1:]
			}
			_, _ = f.ear.read(nil, read)
		}
		return f.ear.counts.concealed - was
	}
	run(20*time.Second, 0)
	calm := f.ear.delay
	run(10*time.Second, 80*time.Millisecond)
	concealed := run(30*time.Second, 80*time.Millisecond)
	rough := f.ear.delay
	run(40*time.Second, 0)
	after := f.ear.delay
	if calm > 40*time.Millisecond || rough < calm+5*time.Millisecond || rough > mostDelay || after > calm+5*time.Millisecond || concealed > 15 {
		t.Errorf("delays of %v, %v with jitter, %v after it; %d of 1500 packets concealed", calm, rough, after, concealed)
	}
}
