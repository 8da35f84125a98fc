package recording

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4/pkg/media/oggwriter"

	"switchgram/bridge/room/codec"
)

const (
	// preSkip is what the Ogg writer says a player shall leave out, in samples (RFC 7845 §4.2); the encoder itself takes part of it.
	preSkip = 3840

	// settled is how old sound must be for nothing to be added to it any more: what waits, and what came before its time.
	settled = hold + 2*astray + time.Second
)

// breath is how long a merger rests after each frame. Merely to yield would not do: Go's scheduler looks at sockets only when nobody is ready to
// run, or after 10 ms, and where there is one processor a merger always is.
const breath = 50 * time.Microsecond

// A merger makes a file of a spool.
type merger struct {
	ctx    context.Context
	in     *reader
	voices map[uint16]*voice
	canvas canvas
	now    time.Duration // how far the spool was read

	enc    codec.Encoder
	out    *oggwriter.Writer
	track  *oggwriter.Track
	packet rtp.Packet
	buf    []byte

	paused time.Duration // since when; -1: not
	info   *result
}

// merge decodes the spool and writes Ogg/Opus, and completes what info can say of that. Without any sound the file is silent.
func merge(ctx context.Context, in *reader, info *result, to io.Writer) error {
	m := &merger{ctx: ctx, in: in, voices: map[uint16]*voice{}, buf: make([]byte, codec.MaxPacket), paused: -1, info: info}
	m.canvas = canvas{base: codec.OpusLookahead - preSkip, out: m.encode}
	m.packet.Version = 2
	var err error
	channels := 2
	if info.Mono {
		channels = 1
	}
	if m.enc, err = codec.NewRecordingEncoder(channels); err != nil {
		return err
	}
	if m.out, err = oggwriter.NewWriter(onlyWriter{to}, oggwriter.WithVendor("switchgram"), oggwriter.WithChannelCount(uint16(channels))); err != nil {
		return fmt.Errorf("ogg: %w", err)
	}
	if m.track, err = m.out.NewTrack(0); err != nil {
		return fmt.Errorf("ogg: %w", err)
	}
	return m.run()
}

// onlyWriter keeps the Ogg writer from closing what it writes to.
type onlyWriter struct{ io.Writer }

func (m *merger) run() error {
	m.info.Incomplete = true // until the tail is met
	for {
		rec, err := m.in.next()
		if errors.Is(err, io.EOF) || errors.Is(err, errCut) {
			break
		}
		if err != nil {
			return fmt.Errorf("spool: %w", err)
		}
		if err := m.take(rec); err != nil {
			return err
		}
	}
	return m.finish()
}

// take takes one record, and gives out what is settled by its time.
func (m *merger) take(r record) error {
	m.now = max(m.now, r.at)
	switch r.kind {
	case sourceKind:
		m.meet(r)
	case packetKind:
		if id, p, ok := r.packet(); ok && m.voices[id] != nil {
			m.voices[id].take(p, &m.canvas)
		}
	case pauseKind:
		m.paused = r.at
	case resumeKind:
		m.resume(r.at)
	case noteKind:
		m.info.note = string(r.data)
	case tailKind:
		m.end(r)
	}
	return m.advance(m.now, samples(m.now-settled))
}

// meet begins a voice, or lets one go on in another codec.
func (m *merger) meet(r record) {
	id, on, c, ok := r.source()
	if !ok || m.voices[id] == nil && len(m.voices) >= maxSources {
		return
	}
	if old := m.voices[id]; old != nil {
		old.play(&m.canvas, r.at+hold)
	}
	if v, err := newVoice(on, c); err == nil {
		m.voices[id] = v
	}
}

func (m *merger) resume(at time.Duration) {
	if m.paused >= 0 {
		m.info.Paused += (at - m.paused).Seconds()
		m.paused = -1
	}
}

// end takes what the tail says.
func (m *merger) end(r record) {
	m.resume(r.at)
	var t tail
	if json.Unmarshal(r.data, &t) == nil {
		m.info.Lost, m.info.Problem, m.info.Incomplete = t.Lost, t.Problem, false
	}
}

// advance plays what has waited until now, and gives out sound up to end.
func (m *merger) advance(now time.Duration, end int64) error {
	for _, v := range m.voices {
		v.play(&m.canvas, now)
	}
	return m.canvas.advance(end)
}

// finish gives out the rest, and as much more as the encoder is late.
func (m *merger) finish() error {
	m.resume(m.now)
	m.info.Seconds = m.now.Seconds()
	if err := m.advance(m.now+2*hold, samples(m.now)+frame+codec.OpusLookahead); err != nil {
		return err
	}
	if err := m.out.Close(); err != nil {
		return fmt.Errorf("ogg: %w", err)
	}
	return nil
}

// encode writes a frame, and lets everybody else go first before the next: no call is to wait for what is over.
func (m *merger) encode(stereo []int16) error {
	if err := context.Cause(m.ctx); err != nil {
		return err
	}
	if m.info.Mono {
		stereo = mono(stereo)
	}
	n, err := m.enc.Encode(stereo, m.buf)
	if err != nil {
		return err
	}
	m.packet.Payload = m.buf[:n]
	if err := m.track.WriteRTP(&m.packet); err != nil {
		return fmt.Errorf("ogg: %w", err)
	}
	m.packet.SequenceNumber++
	m.packet.Timestamp += frame
	time.Sleep(breath)
	return nil
}

// mono puts both sides on one channel, each as loud as it is, in place.
func mono(stereo []int16) []int16 {
	for i := range len(stereo) / 2 {
		stereo[i] = int16(min(max(int32(stereo[2*i])+int32(stereo[2*i+1]), math.MinInt16), math.MaxInt16))
	}
	return stereo[:len(stereo)/2]
}
