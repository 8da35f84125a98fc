package rival

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"switchgram/bridge/sip/sdp"
	"switchgram/bridge/sip/siptest"
	"switchgram/cmd/switchgram/bench/load"
	"switchgram/verto/vertotest"
)

// freeswitch carries calls between a Verto user and a SIP telephone that is registered at it.
type freeswitch struct {
	load      *load.Load
	number    string
	verto     *verto
	telephone *siptest.Phone
	heard     chan struct{} // the telephone hears somebody
}

const (
	sipPort    = 5060 // of profile "internal" in FreeSWITCH's own configuration
	maxWaiting = 64   // calls whose telephone hears somebody before their browser does
)

// openFreeSWITCH logs in to mod_verto and registers the telephone.
func openFreeSWITCH(ctx context.Context, where string, l *load.Load) (*Rival, error) {
	u, err := url.Parse(where)
	if err != nil || u.User == nil {
		return nil, fmt.Errorf("freeswitch: want %s", Usage)
	}
	at, err := netip.ParseAddrPort(u.Host)
	if err != nil {
		return nil, fmt.Errorf("freeswitch: %w", err)
	}
	pid, err := owner("tcp", at)
	if err != nil {
		return nil, fmt.Errorf("freeswitch: %w", err)
	}
	f := &freeswitch{load: l, number: strings.Trim(u.Path, "/"), heard: make(chan struct{}, maxWaiting)}
	password, _ := u.User.Password()
	socket := url.URL{Scheme: u.Scheme, Host: u.Host}
	if f.verto, err = dialVerto(ctx, socket.String(), u.User.Username(), password); err != nil {
		return nil, err
	}
	f.telephone, err = siptest.NewPhone(ctx, netip.AddrPortFrom(at.Addr(), sipPort), siptest.PhoneOptions{
		User: f.number, Password: password, Codecs: []sdp.Codec{sdp.Opus}, Sound: f.answered,
	})
	if err != nil {
		return nil, errors.Join(err, f.verto.close())
	}
	return &Rival{Name: "freeswitch", pid: pid, calls: f, close: f.close}, nil
}

func (f *freeswitch) close() error {
	f.telephone.Close()
	return f.verto.close()
}

// answered is a call that the telephone took.
func (f *freeswitch) answered(ctx context.Context, wire siptest.Stream) {
	var p pair
	p.join(f.load, wire)
	defer p.leave()
	if p.await(ctx) != nil {
		return
	}
	select {
	case f.heard <- struct{}{}:
	case <-ctx.Done():
	}
	<-ctx.Done()
}

// call lets the browser call the telephone.
func (f *freeswitch) call(ctx context.Context) (c Call, err error) {
	call := &switchCall{f: f, id: rand.Text()}
	defer func() {
		if err != nil && call.browser != nil {
			err = errors.Join(err, call.Hangup(context.WithoutCancel(ctx)))
		}
	}()
	if call.browser, err = vertotest.NewBrowser(); err != nil {
		return nil, err
	}
	offer, err := call.browser.Offer(ctx)
	if err != nil {
		return nil, err
	}
	answer, err := f.verto.invite(ctx, call.id, f.number, offer)
	if err != nil {
		return nil, err
	}
	if err := call.browser.Accept(answer); err != nil {
		return nil, err
	}
	call.join(f.load, call.browser)
	if err := call.await(ctx); err != nil {
		return nil, err
	}
	select {
	case <-f.heard:
		return call, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("the telephone hears nobody: %w", context.Cause(ctx))
	}
}

// switchCall is a call through FreeSWITCH.
type switchCall struct {
	pair
	f       *freeswitch
	id      string
	browser *vertotest.Browser
}

// Hangup ends the call.
func (c *switchCall) Hangup(ctx context.Context) error {
	c.leave()
	return errors.Join(c.f.verto.bye(ctx, c.id), c.browser.Close())
}
