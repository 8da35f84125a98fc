package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/pion/rtp"

	"switchgram/bridge/media"
	"switchgram/verto/vertotest"
)

// vertoCall is the sound of a Verto call. It implements media.Stream.
type vertoCall struct {
	*vertotest.Browser
	id string

	mu    sync.Mutex
	onRTP func(*rtp.Packet)
	stats media.Stats
}

// newVertoCall prepares the answer to an offer. FreeSWITCH does not trickle: all candidates stand in it.
func newVertoCall(ctx context.Context, invite vertoInvite) (c *vertoCall, answer string, err error) {
	b, err := vertotest.NewBrowser()
	if err != nil {
		return nil, "", err
	}
	c = &vertoCall{Browser: b, id: invite.CallID}
	if answer, err = b.Answer(ctx, invite.SDP); err != nil {
		return nil, "", errors.Join(fmt.Errorf("verto: %w", err), b.Close())
	}
	b.OnRTP(c.heard)
	return c, answer, nil
}

func (c *vertoCall) heard(p *rtp.Packet) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats.Received++
	c.stats.LastReceived = time.Now()
	if c.onRTP != nil {
		c.onRTP(p)
	}
}

// Format implements media.Stream.
func (c *vertoCall) Format() media.Format {
	return media.Format{Codec: media.Opus, ClockRate: 48000, Channels: 2, PayloadType: vertotest.PayloadType, PTime: 20 * time.Millisecond}
}

// OnRTP implements media.Stream.
func (c *vertoCall) OnRTP(f func(*rtp.Packet)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.onRTP = f
}

var errVertoOver = errors.New("verto call is over")

// WriteRTP implements media.Stream.
func (c *vertoCall) WriteRTP(p *rtp.Packet) error {
	if c.Over() {
		return errVertoOver
	}
	return c.Browser.WriteRTP(p)
}

// Stats implements media.Stream.
func (c *vertoCall) Stats() media.Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stats
}
