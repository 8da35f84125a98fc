package esl

import "time"

// guard notices a peer that died without a word. After half of Options.Silence it asks for a sign of life; any answer will do, even a refusal.
func (c *Conn) guard() {
	half := c.o.Silence / 2
	timer := time.NewTimer(half)
	defer timer.Stop()
	asked := false
	for {
		select {
		case <-c.gone:
			return
		case <-timer.C:
		}
		silent := c.silent()
		switch {
		case silent < half || c.pipe.busy() || c.trusted.Load():
			asked = false
			timer.Reset(max(half-silent, half/4))
		case !asked:
			// A full line of commands asks as well as this does.
			c.pipe.tryAdd(&slot{wire: []byte("api uptime\n\n"), answer: make(chan *frame, 1)})
			asked = true
			timer.Reset(half)
		default:
			c.fail(ErrSilent)
			return
		}
	}
}

func (c *Conn) silent() time.Duration { return time.Since(c.began) - time.Duration(c.heard.Load()) }
