package room

import (
	"fmt"
	"time"

	"github.com/pion/rtp"

	"switchgram/bridge/media"
	"switchgram/bridge/room/codec"
)

// A transcoder decodes what the source says and encodes it again, paced by the clock at the target's ptime.
type transcoder struct {
	out    *output
	meter  meter
	play   *playout
	enc    codec.Encoder
	rates  *resampler
	seq    sequence
	in     timeline // of the source, in its own units
	silent bool     // silence is being sent; the encoder knows nothing of it

	pcm       []int16 // one ptime of sound as it was decoded
	converted []int16 // the same at the rate of the encoder
	packet    []byte
}

func newTranscoder(said media.Format, o *output, now time.Time) (*transcoder, error) {
	from, to := workRates(said.Codec, o.format.Codec)
	dec, err := codec.NewDecoder(said.Codec, from)
	if err != nil {
		return nil, fmt.Errorf("transcode: %w", err)
	}
	enc, err := codec.NewEncoder(o.format.Codec, to)
	if err != nil {
		return nil, fmt.Errorf("transcode: %w", err)
	}
	return &transcoder{
		out: o, meter: meter{format: said}, play: newPlayout(said, from, dec), enc: enc, rates: newResampler(from, to),
		in: newTimeline(said.ClockRate, 0, now), silent: true,
		pcm:       make([]int16, samples(o.format.PacketTime(), from)),
		converted: make([]int16, samples(o.format.PacketTime(), to)),
		packet:    make([]byte, codec.MaxPacket),
	}, nil
}

// workRates are the rates to decode and encode at. Opus works at the other codec's, so that only G.711 and G.722 need a resampler.
func workRates(said, heard media.Codec) (from, to int) {
	from, to = said.SampleRate(), heard.SampleRate()
	if said == media.Opus {
		from = to
	}
	if heard == media.Opus {
		to = from
	}
	return from, to
}

func samples(d time.Duration, rate int) int { return int(d * time.Duration(rate) / time.Second) }

func (t *transcoder) name() string {
	return fmt.Sprintf("transcode %v>%v", t.meter.format.Codec, t.out.format.Codec)
}

// take puts a packet into the jitter buffer.
func (t *transcoder) take(p *rtp.Packet, now time.Time) {
	d, err := t.meter.units(p.Payload)
	if err != nil {
		t.out.stats.Dropped++
		return
	}
	order, _ := t.seq.follow(p)
	if order == fresh {
		t.in.loose = true
	}
	if ts, ok := t.place(p, order, d, now); !ok || !t.play.put(ts, d, p.Payload, now) {
		t.out.stats.Dropped++
	}
}

// place tells where in the source's time a packet that sounds for d timestamps belongs; false: nowhere.
func (t *transcoder) place(p *rtp.Packet, o order, d uint32, now time.Time) (ts uint32, ok bool) {
	switch o {
	case unwanted:
		return 0, false
	case tardy:
		ts = p.Timestamp + t.in.offset
		return ts, t.play.wants(ts)
	}
	ts, how := t.in.place(p.Timestamp, now)
	if how == early {
		t.in.skip(d)
		return 0, false
	}
	t.in.next = ts + d
	return ts, true
}

// wake sends what is due.
func (t *transcoder) wake(now time.Time) time.Duration {
	for {
		wait, gap := t.out.line.due(now, catchUp)
		if wait > 0 {
			return wait
		}
		t.send(gap, now)
	}
}

func (t *transcoder) send(gap bool, now time.Time) {
	st := &t.out.stats
	heard := t.play.read(t.pcm, now)
	st.Lost, st.Concealed = st.Lost+t.play.lost, st.Concealed+t.play.concealed
	t.play.lost, t.play.concealed = 0, 0
	st.Delay = t.play.delay
	if !heard {
		t.silent = true
		t.out.sendSilence(gap)
		return
	}
	if t.silent {
		t.enc.Reset() // the far end's decoder has come to rest
	}
	t.converted = t.rates.convert(t.pcm, t.converted)
	n, err := t.enc.Encode(t.converted, t.packet)
	if err != nil {
		t.out.sendSilence(gap)
		return
	}
	t.out.sendNext(t.packet[:n], gap || t.silent)
	t.silent = false
	st.Transcoded++
}
