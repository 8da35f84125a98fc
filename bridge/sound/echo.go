package sound

import (
	"sync"
	"time"
)

const (
	echoAhead = 40 * time.Millisecond  // more than the delay wait, so that what comes next may be late
	echoSlack = 160 * time.Millisecond // besides, and what is older is left out
)

// Echo is a Source of what was added to it, a while later; it has no end. It is silent until there is enough for that while, and again when it has run
// dry. Add and Fill may be called at once.
type Echo struct {
	delay time.Duration

	mu      sync.Mutex
	rate    int // of the queue, in Hz
	queue   []int16
	playing bool
	out     converted
}

// NewEcho makes one that is silent yet.
func NewEcho(delay time.Duration) *Echo { return &Echo{delay: delay} }

// Add takes sound of a rate in Hz. With another rate than before it begins anew.
func (e *Echo) Add(pcm []int16, rate int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if rate != e.rate {
		e.rate, e.queue, e.playing, e.out = rate, nil, false, converted{}
	}
	e.queue = append(e.queue, pcm...)
	if late := len(e.queue) - e.samples(e.delay+echoAhead+echoSlack); late > 0 {
		e.queue = e.queue[late:]
	}
}

// Fill implements Source.
func (e *Echo) Fill(pcm []int16, rate int) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := 0
	if e.playing = e.playing || len(e.queue) >= max(1, e.samples(e.delay+echoAhead)); e.playing {
		n = e.out.fill(pcm, e.rate, rate, e.next)
		e.playing = n == len(pcm)
	}
	clear(pcm[n:])
	return len(pcm)
}

// next takes 20 ms from the queue, or what there is.
func (e *Echo) next() []int16 {
	n := min(len(e.queue), e.samples(20*time.Millisecond))
	block := e.queue[:n]
	e.queue = e.queue[n:]
	return block
}

func (e *Echo) samples(d time.Duration) int { return int(d * time.Duration(e.rate) / time.Second) }
