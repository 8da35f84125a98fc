package esl

import "time"

// guard notices a peer that died without a word. After half of Options.Silence it asks for a sign of life; any answer will do, even a refusal.
func (c *Conn) guard() {
	half := c.o.Silence / 2
	timer := time.NewTimer(half)
	defer timer.Stop()
	asked := int64(-1) // what was heard last when we asked
	for {
		select {
		case <-c.gone:
			return
		case <-timer.C:
		}
		heard := c.heard.Load()
		silent := time.Since(c.began) - time.Duration(heard)
		switch {
		case c.trusted.Load() || c.pipe.busy():
			asked = -1
			timer.Reset(half)
		case silent < half:
			timer.Reset(half - silent)
		case asked == heard:
			c.fail(ErrSilent)
			return
		default:
			// A full line of commands asks as well as this does.
			c.pipe.tryAdd(&slot{wire: []byte("api uptime\n\n"), answer: make(chan *frame, 1)})
			asked = heard
			timer.Reset(half)
		}
	}
}
