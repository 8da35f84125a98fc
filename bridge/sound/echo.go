package sound

import "sync"

// An echo plays back what a Listener hears. Its queue holds 200 ms; what comes when that is full pushes out the oldest.
type echo struct {
	mu      sync.Mutex
	rate    int
	queue   []int16
	playing bool
}

// add takes sound from the Listener.
func (e *echo) add(pcm []int16, rate int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if rate != e.rate {
		e.rate, e.queue = rate, nil
	}
	e.queue = append(e.queue, pcm...)
	if most := rate / 5; len(e.queue) > most {
		e.queue = append(e.queue[:0], e.queue[len(e.queue)-most:]...)
	}
}

// Fill plays from the queue: silence until there are two frames in it, so that the next may be late, and again when it has run dry.
func (e *echo) Fill(pcm []int16, rate int) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	if rate != e.rate || !e.playing && len(e.queue) < 2*len(pcm) {
		clear(pcm)
		return len(pcm)
	}
	n := copy(pcm, e.queue)
	clear(pcm[n:])
	e.queue = append(e.queue[:0], e.queue[n:]...)
	e.playing = n == len(pcm)
	return len(pcm)
}
