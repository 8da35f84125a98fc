package sound

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/pion/rtp"

	"switchgram/bridge/media"
)

// recordRate is that of recordings, in Hz.
const recordRate = 48000

// queueLen is how many packets wait for the Listener; when there are more the oldest is lost.
const queueLen = 64

// ListenerOptions configure a Listener. The zero value only measures.
type ListenerOptions struct {
	Record io.WriteSeeker // gets a WAV file of what is heard, 48 kHz, mono, 16 bits; nil: nothing is recorded. Not closed
}

// Listener decodes what a stream's far end says.
type Listener struct {
	from  media.Stream
	queue chan arrival
	wav   *wavWriter // nil: not recording

	mu     sync.Mutex
	order  orderer
	heard  decoder
	memory memory
	echo   *Echo
	rates  *rateConverter // to the recording's; nil: the same
	buf    []int16
}

// An arrival is a packet and when it came.
type arrival struct {
	packet rtp.Packet
	at     time.Time
}

// NewListener takes over the stream's OnRTP. It starts nothing; of the packets that come before Run the newest 64 are kept.
func NewListener(from media.Stream, o ListenerOptions) *Listener {
	l := &Listener{from: from, queue: make(chan arrival, queueLen)}
	if o.Record != nil {
		l.wav = newWAVWriter(o.Record, recordRate)
	}
	from.OnRTP(l.receive)
	return l
}

// receive copies a packet for Run, which may be slow.
func (l *Listener) receive(p *rtp.Packet) {
	a := arrival{packet: *p, at: time.Now()}
	a.packet.Payload = append([]byte(nil), p.Payload...)
	for {
		select {
		case l.queue <- a:
			return
		default:
		}
		select {
		case <-l.queue: // the oldest
		default:
		}
	}
}

// Run listens until ctx ends, completes the recording, and returns what went wrong with writing that. OnRTP is given up.
func (l *Listener) Run(ctx context.Context) error {
	defer l.from.OnRTP(nil)
	for {
		select {
		case a := <-l.queue:
			l.take(a)
		case <-ctx.Done():
			return l.finish()
		}
	}
}

func (l *Listener) finish() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.queue) > 0 {
		l.order.put(<-l.queue)
	}
	for a, ok := l.order.next(true); ok; a, ok = l.order.next(true) {
		l.hear(a)
	}
	if l.wav == nil {
		return nil
	}
	return l.wav.close()
}

func (l *Listener) take(a arrival) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.order.put(a)
	for a, ok := l.order.next(false); ok; a, ok = l.order.next(false) {
		l.hear(a)
	}
}

// hear passes the sound of a packet to whoever wants it.
func (l *Listener) hear(a arrival) {
	if f := l.from.Format(); f != l.heard.format {
		if l.heard.follow(f) != nil {
			return
		}
		l.memory = newMemory(l.heard.rate)
		l.rates = nil
		if l.heard.rate != recordRate && l.heard.rate > 0 {
			l.rates = newRateConverter(l.heard.rate, recordRate)
		}
	}
	pcm := l.heard.decode(&a.packet)
	l.memory.add(pcm, a.at)
	if l.echo != nil {
		l.echo.Add(pcm, l.heard.rate)
	}
	if l.wav != nil {
		l.record(pcm)
	}
}

func (l *Listener) record(pcm []int16) {
	if l.rates == nil {
		l.wav.write(pcm)
		return
	}
	l.buf = l.rates.convert(pcm, l.buf[:0])
	l.wav.write(l.buf)
}

// Measure is what was heard in the last d, at most 3 s; no packets for 300 ms are silence.
func (l *Listener) Measure(d time.Duration) Heard {
	l.mu.Lock()
	pcm, rate := l.memory.until(time.Now(), d), l.memory.rate
	l.mu.Unlock()
	return Measure(pcm, rate)
}

// Onset is when the beginning of a tone of hz arrived, of what came after since; false: none has. It is true to 2 ms, as long as the
// tones before and after it are 200 Hz or more away, and includes what the codec delays by itself: 6.5 ms for Opus.
func (l *Listener) Onset(hz float64, since time.Time) (time.Time, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	pcm := l.memory.since(since)
	i, ok := onset(pcm, l.memory.rate, hz)
	if !ok {
		return time.Time{}, false
	}
	return l.memory.arrived(len(pcm) - i), true
}

// Received is how many packets have been heard.
func (l *Listener) Received() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.heard.received
}

// Lost is how many packets never came, by the timestamps of those that did.
func (l *Listener) Lost() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.heard.lost
}

// Echo is a Source of what the Listener hears, for a Player of the same stream. There is one for each Listener.
func (l *Listener) Echo() Source {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.echo == nil {
		l.echo = NewEcho(0)
	}
	return l.echo
}
