package esl_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"switchgram/esl"
)

// TestSilentPeerIsGivenUp: a FreeSWITCH whose machine lost power says nothing, not even that it is gone.
func TestSilentPeerIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipe(t, esl.Options{Silence: 40 * time.Second})
		began := time.Now()
		go p.expect("api uptime\n\n") // reads the question, and answers nothing
		<-c.Done()
		if after := time.Since(began); !errors.Is(c.Err(), esl.ErrSilent) || after != 40*time.Second {
			t.Errorf("ended after %v with %v", after, c.Err())
		}
	})
}

func TestIdlePeerThatAnswersIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipe(t, esl.Options{})
		asked := make(chan struct{}, 1000)
		go func() {
			for {
				b := make([]byte, 100)
				if _, err := p.nc.Read(b); err != nil {
					close(asked)
					return
				}
				asked <- struct{}{}
				p.say("Content-Type: command/reply\nReply-Text: -ERR command not found\n\n") // as good as an answer
			}
		}()
		time.Sleep(quiet)
		if c.Err() != nil || len(asked) == 0 {
			t.Errorf("asked %d times, %v", len(asked), c.Err())
		}
		_ = c.Close()
		for range asked {
		}
	})
}

// TestSlowAPICommandIsNoSilence: while it runs FreeSWITCH can say nothing, so the connection is kept for as long as somebody waits.
func TestSlowAPICommandIsNoSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := pipe(t, esl.Options{})
		ctx, giveUp := context.WithCancel(context.Background())
		failed := make(chan error)
		go func() {
			_, err := c.API(ctx, "slow")
			failed <- err
		}()
		p.expect("api slow\n\n")
		time.Sleep(quiet)
		if c.Err() != nil {
			t.Fatalf("ended: %v", c.Err())
		}
		giveUp()
		if err := <-failed; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		go p.expect("api uptime\n\n")
		<-c.Done() // now that nobody waits, silence is silence
		if !errors.Is(c.Err(), esl.ErrSilent) {
			t.Errorf("ended with %v", c.Err())
		}
	})
}
