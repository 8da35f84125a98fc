package account

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"
)

// pulse finds out whether a server that is silent is still there. A connection can be dead without a sign of it: a firewall has forgotten it,
// a cable was pulled. gotd itself asks once a minute and waits 15 seconds, and a call rings no longer than that.
//
// When no byte has come for the time of silence, pulse sends a ping (https://core.telegram.org/mtproto/service_messages#ping-messages-pingpong);
// when half that time later there still was none, it closes the connection, which gotd then makes anew.
type pulse struct {
	silence time.Duration
	ping    func(context.Context) error // gotd's
	log     *slog.Logger

	mu    sync.Mutex
	conn  io.Closer // the last that was made; nil: none yet
	heard time.Time // from it; zero: nothing
	ready bool      // gotd has set it up
	stop  context.CancelFunc
	done  chan struct{} // closed when the ping under way is over; nil: there is none
}

// carry says that the connection is c from now on.
func (p *pulse) carry(c io.Closer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conn, p.heard, p.ready = c, time.Now(), false
}

// hear says that something came.
func (p *pulse) hear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heard = time.Now()
}

// up says that gotd uses the connection now.
func (p *pulse) up() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ready = true
}

// down says that gotd is about to replace the connection, and returns when no ping is under way: gotd's Ping looks at the connection without
// its lock.
func (p *pulse) down() {
	p.mu.Lock()
	p.ready = false
	done := p.done
	if done != nil {
		p.stop()
	}
	p.mu.Unlock()
	if done != nil {
		<-done
	}
}

// run asks until ctx ends.
func (p *pulse) run(ctx context.Context) {
	for pause(ctx, p.rest()) {
		if c, ok := p.silent(); ok && !p.answers(ctx) && ctx.Err() == nil {
			p.log.Debug("telegram is silent, connecting again")
			_ = c.Close() // its reader says what became of it
			p.hear()      // the next one has its own time
		}
	}
}

// rest is how long it need not be asked.
func (p *pulse) rest() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(p.silence-time.Since(p.heard), p.silence/4)
}

// silent is the connection by which nothing came for too long.
func (p *pulse) silent() (io.Closer, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.conn, p.conn != nil && time.Since(p.heard) >= p.silence
}

// answers pings and waits. While gotd sets the connection up, its own questions are the ping.
func (p *pulse) answers(ctx context.Context) bool {
	ctx, stop := context.WithTimeout(ctx, p.silence/2)
	defer stop()
	done := make(chan struct{})
	p.mu.Lock()
	asked, ready := p.heard, p.ready
	if ready {
		p.stop, p.done = stop, done
	}
	p.mu.Unlock()
	if !ready {
		<-ctx.Done()
		return p.heardSince(asked)
	}
	err := p.ping(ctx)
	p.mu.Lock()
	p.done = nil
	p.mu.Unlock()
	close(done)
	return err == nil || p.heardSince(asked)
}

// heardSince also is true when the connection was replaced.
func (p *pulse) heardSince(t time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.heard.After(t)
}
