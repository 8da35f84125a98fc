package sound

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/pion/rtp"

	"switchgram/bridge/media"
	"switchgram/bridge/room/codec"
)

const (
	// maxLate is how late a packet may be played; what should have been played before is left out.
	maxLate = 200 * time.Millisecond

	playerLoss = 0.1 // is what a Player's packets are protected against, as those of a browser that has seen some loss

	markFor       = 200 * time.Millisecond
	markAmplitude = 0.5
)

// Player sends a Source to a stream, and silence when that has ended, in packets of the stream's ptime: 20 ms where it has none.
type Player struct {
	src   Source
	to    media.Stream
	marks chan *mark

	format media.Format
	enc    codec.Encoder
	packet rtp.Packet // what goes out next; its payload is out
	gap    bool       // sound was left out before it
	pcm    []int16
	out    []byte
	marked *mark // being played
}

// A mark is a tone in place of the source.
type mark struct {
	tone *Tone
	left time.Duration
	sent chan time.Time // gets the instant of the first packet
}

// NewPlayer returns a player of src. It starts nothing.
func NewPlayer(src Source, to media.Stream) *Player {
	p := &Player{src: src, to: to, marks: make(chan *mark), gap: true, out: make([]byte, codec.MaxPacket)}
	p.packet.Version, p.packet.SequenceNumber, p.packet.Timestamp = 2, uint16(rand.Uint32()), rand.Uint32()
	return p
}

// Run plays until ctx ends and returns nil, or fails when the stream speaks a codec that we do not. It waits while the stream has no codec
// yet, and follows a change of codec.
func (p *Player) Run(ctx context.Context) error {
	due := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case m := <-p.marks:
			p.marked = m
		case <-timer.C:
			now := time.Now()
			if late := now.Sub(due); late > maxLate {
				p.skip(late)
				due = now
			}
			d, err := p.play(now)
			if err != nil {
				return err
			}
			due = due.Add(d)
			timer.Reset(time.Until(due))
		}
	}
}

// Mark puts 200 ms of another tone, of hz, in place of the source, and returns the instant at which its first sample was sent.
// Listener.Onset finds it at the far end; Delay does both. It fails only if ctx ends.
func (p *Player) Mark(ctx context.Context, hz float64) (time.Time, error) {
	m := &mark{tone: NewTone(hz, markAmplitude), left: markFor, sent: make(chan time.Time, 1)}
	select {
	case p.marks <- m:
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	}
	select {
	case at := <-m.sent:
		return at, nil
	case <-ctx.Done():
		return time.Time{}, ctx.Err()
	}
}

// skip leaves out d.
func (p *Player) skip(d time.Duration) {
	if p.format.ClockRate > 0 {
		p.packet.Timestamp += p.format.Timestamp(d)
		p.gap = true
	}
}

// play sends one packet and returns how long it sounds.
func (p *Player) play(now time.Time) (time.Duration, error) {
	if err := p.follow(p.to.Format()); err != nil {
		return 0, err
	}
	d := p.format.PacketTime()
	if p.enc == nil {
		return d, nil
	}
	p.fill(d, now)
	n, err := p.enc.Encode(p.pcm, p.out)
	if err != nil {
		return 0, fmt.Errorf("play: %w", err)
	}
	p.packet.Marker, p.packet.Payload = p.gap, p.out[:n]
	_ = p.to.WriteRTP(&p.packet) // the stream counts what it cannot send
	p.packet.SequenceNumber++
	p.packet.Timestamp += p.format.Timestamp(d)
	p.gap = false
	return d, nil
}

// follow takes a change of format.
func (p *Player) follow(f media.Format) error {
	if f == p.format {
		return nil
	}
	p.format, p.enc = f, nil
	if f.Codec == media.NoCodec || f.ClockRate == 0 {
		return nil
	}
	enc, err := codec.NewCallerEncoder(f.Codec, f.Codec.SampleRate())
	if err != nil {
		return fmt.Errorf("play: %w", err)
	}
	enc.ExpectLoss(playerLoss)
	p.enc = enc
	p.pcm = make([]int16, int(p.format.PacketTime()*time.Duration(f.Codec.SampleRate())/time.Second))
	return nil
}

// fill makes the sound of the next d.
func (p *Player) fill(d time.Duration, now time.Time) {
	rate := p.format.Codec.SampleRate()
	if p.marked == nil {
		clear(p.pcm[p.src.Fill(p.pcm, rate):])
		return
	}
	p.marked.tone.Fill(p.pcm, rate)
	if p.marked.left == markFor {
		p.marked.sent <- now
	}
	if p.marked.left -= d; p.marked.left <= 0 {
		p.marked = nil
	}
}
