package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"

	"switchgram/bridge/media"
	"switchgram/verto/vertotest"
)

// vertoPhone is a user of FreeSWITCH's Verto, as a browser would be. It takes every call.
type vertoPhone struct {
	w      *world
	client *vertotest.Client
	taken  chan *vertoCall
	taking sync.WaitGroup

	mu   sync.Mutex
	live map[string]*vertoCall
}

// vertoInvite is what FreeSWITCH says of a call.
type vertoInvite struct {
	CallID string `json:"callID"`
	SDP    string `json:"sdp"`
}

type object = map[string]any

// browser is the row's Verto user, who logs in when first needed.
func (w *world) browser(ctx context.Context) (v *vertoPhone, err error) {
	if w.verto == nil {
		w.verto, err = w.browserAt(ctx, w.o.verto)
	}
	return w.verto, err
}

// browserAt is a Verto user who has logged in at a profile.
func (w *world) browserAt(ctx context.Context, url string) (*vertoPhone, error) {
	if err := w.fs.needs(ctx, "mod_verto"); err != nil {
		return nil, err
	}
	user := w.o.users[vertoUser]
	password, err := w.fs.passwordOf(ctx, user)
	if err != nil {
		return nil, err
	}
	v := &vertoPhone{w: w, taken: make(chan *vertoCall, 4), live: map[string]*vertoCall{}}
	asked := make(chan vertotest.Request, 64) // what comes before v is complete
	v.client, err = vertotest.Dial(ctx, url, vertotest.Options{
		Handle: func(r vertotest.Request) { asked <- r },
		TLS:    &tls.Config{InsecureSkipVerify: true}, // FreeSWITCH has made the certificate itself
	})
	if op := (*net.OpError)(nil); errors.As(err, &op) {
		return nil, missing("nothing listens at " + url)
	} else if err != nil {
		return nil, err
	}
	v.taking.Go(func() { v.handle(asked) })
	w.always.add(v.close)
	if err := v.client.Login(ctx, user+"@"+w.fs.domain, password); err != nil {
		return nil, fmt.Errorf("verto: %w", err)
	}
	return v, nil
}

// close logs out.
func (v *vertoPhone) close() {
	_ = v.client.Close() // it may be closed
	v.taking.Wait()
}

// handle does what FreeSWITCH asks, until the connection is over.
func (v *vertoPhone) handle(asked <-chan vertotest.Request) {
	defer v.endAll()
	for {
		select {
		case r := <-asked:
			var call vertoInvite
			r.Read(&call)
			switch r.Method {
			case "verto.invite":
				v.take(call)
			case "verto.bye":
				v.end(call.CallID)
			}
		case <-v.client.Over():
			return
		}
	}
}

// take answers a call.
func (v *vertoPhone) take(invite vertoInvite) {
	ctx, cancel := context.WithTimeout(context.Background(), answerTime)
	defer cancel()
	c, answer, err := newVertoCall(ctx, invite)
	if err == nil {
		v.mu.Lock()
		v.live[invite.CallID] = c
		v.mu.Unlock()
		_, err = v.client.Ask(ctx, "verto.answer", object{"sdp": answer, "dialogParams": object{"callID": invite.CallID}})
	}
	if err != nil {
		v.w.log.Error("verto call", "err", err)
		return
	}
	v.taken <- c
}

// end closes the sound of a call that is over.
func (v *vertoPhone) end(id string) {
	v.mu.Lock()
	c := v.live[id]
	delete(v.live, id)
	v.mu.Unlock()
	if c != nil {
		_ = c.Close() // it is over
	}
}

func (v *vertoPhone) endAll() {
	v.mu.Lock()
	all := v.live
	v.live = map[string]*vertoCall{}
	v.mu.Unlock()
	for _, c := range all {
		_ = c.Close() // it is over
	}
}

// answered is the party whose call the browser has taken.
func (v *vertoPhone) answered(ctx context.Context) (*party, error) {
	c, err := next(ctx, v.taken, "the verto user was not called, or could not answer")
	if err != nil {
		return nil, err
	}
	return v.w.newParty(media.Stream(c), func(ctx context.Context) error {
		_, err := v.client.Ask(ctx, "verto.bye", object{"cause": "NORMAL_CLEARING", "causeCode": 16, "dialogParams": object{"callID": c.id}})
		v.end(c.id)
		if refused := (*vertotest.Error)(nil); errors.As(err, &refused) && refused.Message == "CALL DOES NOT EXIST" {
			return nil // it has ended
		}
		return err
	}), nil
}
