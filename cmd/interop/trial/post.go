package trial

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// mostLetters is how many blobs can be on their way to one side; more are lost.
const mostLetters = 4096

// post carries the signalling, as Telegram's servers do: in order, late, and what is lost is lost. Each of the two ways has a letterbox.
type post struct {
	trouble Trouble
	boxes   [2]chan letter // by who receives

	mu      sync.Mutex
	dice    *rand.Rand
	held    bool
	changed chan struct{} // closed and replaced when held changes
}

// letter is a blob on its way.
type letter struct {
	blob []byte
	due  time.Time
}

func newPost(t Trouble, seed uint64) *post {
	p := &post{trouble: t, dice: rand.New(rand.NewPCG(seed, 1)), changed: make(chan struct{})}
	for i := range p.boxes {
		p.boxes[i] = make(chan letter, mostLetters)
	}
	return p
}

// take sends a blob to one side.
func (p *post) take(to int, blob []byte) {
	p.mu.Lock()
	lost := p.dice.Float64() < p.trouble.SignallingLoss
	p.mu.Unlock()
	if lost {
		return
	}
	select {
	case p.boxes[to] <- letter{blob, time.Now().Add(p.trouble.delay())}:
	default:
	}
}

// hold stops all delivery, or goes on with it: what one side's connection to Telegram does not carry now, it carries when it is back.
func (p *post) hold(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = on
	close(p.changed)
	p.changed = make(chan struct{})
}

// run delivers to one side until ctx ends.
func (p *post) run(ctx context.Context, to int, deliver func(blob []byte)) {
	for {
		select {
		case <-ctx.Done():
			return
		case l := <-p.boxes[to]:
			if wait(ctx, time.Until(l.due)) != nil || p.untilFree(ctx) != nil {
				return
			}
			deliver(l.blob)
		}
	}
}

func (p *post) untilFree(ctx context.Context) error {
	for {
		p.mu.Lock()
		held, changed := p.held, p.changed
		p.mu.Unlock()
		if !held {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}
