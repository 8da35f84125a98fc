package fetch

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"
	"sync"

	"golang.org/x/time/rate"
)

// What Options.Hosts and Options.PerSecond refuse.
var (
	ErrHost = errors.New("fetch: this host may not be asked")
	ErrBusy = errors.New("fetch: this host is asked too often")
)

// may tells whether a host may be asked: one of Hosts, or below one that begins with "*.".
func (c *Client) may(u *url.URL) error {
	host := strings.ToLower(u.Hostname())
	fits := func(allowed string) bool {
		below, all := strings.CutPrefix(strings.ToLower(allowed), "*")
		return all && strings.HasSuffix(host, below) && host != below || !all && host == below
	}
	if len(c.opt.Hosts) > 0 && !slices.ContainsFunc(c.opt.Hosts, fits) {
		return fmt.Errorf("%w: %s", ErrHost, host)
	}
	return nil
}

// May tells whether Do would ask the host of that address; the error is an *Error.
func (c *Client) May(address string) error {
	u, err := parse(address)
	if err != nil {
		return err
	}
	if err := c.may(u); err != nil {
		return hide(u, err)
	}
	return nil
}

// pace slows requests down, by host and on whose behalf they are.
type pace struct {
	perSecond float64 // 0: nothing is slowed down

	mu    sync.Mutex
	hosts map[string]*rate.Limiter
}

// mostHosts is how many hosts are counted; then those go that nobody asks now.
const mostHosts = 1024

// wait returns when it is a request's turn, and at once with ErrBusy if that does not come in its time.
func (p *pace) wait(ctx context.Context, host, behalf string) error {
	if p.perSecond <= 0 {
		return nil
	}
	err := p.limiter(behalf + " " + strings.ToLower(host)).Wait(ctx)
	if err != nil && ctx.Err() == nil {
		return ErrBusy
	}
	return err
}

func (p *pace) limiter(key string) *rate.Limiter {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l := p.hosts[key]; l != nil {
		return l
	}
	burst := int(math.Ceil(p.perSecond))
	if len(p.hosts) >= mostHosts {
		p.tidy(float64(burst))
	}
	l := rate.NewLimiter(rate.Limit(p.perSecond), burst)
	p.hosts[key] = l
	return l
}

// tidy forgets hosts whose counts say nothing any more, and if that is none, all: they may then be asked a little too often, once.
func (p *pace) tidy(full float64) {
	for key, l := range p.hosts {
		if l.Tokens() >= full {
			delete(p.hosts, key)
		}
	}
	if len(p.hosts) >= mostHosts {
		clear(p.hosts)
	}
}
