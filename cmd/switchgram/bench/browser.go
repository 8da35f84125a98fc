package bench

import (
	"context"
	"fmt"
	"net"
	"sync"

	"switchgram/bridge/line"
	"switchgram/verto/vertotest"
)

// desks are the lines of a mode with browsers. Each rings one user at one page, who may have 32 calls at once.
const desks = 16

func deskName(i int) string { return fmt.Sprintf("desk_%d", i) }

// pages adds to the configuration who logs in from browsers, and where.
func (s *stand) pages(config map[string]any) error {
	hash, err := line.HashPassword(password)
	if err != nil {
		return err
	}
	var users []map[string]any
	for i := range desks {
		users = append(users, map[string]any{"name": deskName(i), "password": hash.Text()})
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.web = l.Addr().(*net.TCPAddr).AddrPort()
	config["users"], config["verto"] = users, map[string]any{"listen": s.web.String()}
	return l.Close()
}

// logIn opens the pages.
func (s *stand) logIn(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer s.onClose(cancel) // before the pages are closed
	for i := range desks {
		d := &desk{s: s, ctx: ctx, calls: map[string]func(){}}
		var err error
		d.client, err = vertotest.Dial(ctx, "ws://"+s.web.String(), vertotest.Options{Handle: d.asked})
		if err != nil {
			return err
		}
		s.onClose(d.close)
		if err := d.client.Login(ctx, deskName(i), password); err != nil {
			return err
		}
	}
	return nil
}

// desk is a page that takes every call.
type desk struct {
	s      *stand
	ctx    context.Context
	client *vertotest.Client
	taking sync.WaitGroup

	mu     sync.Mutex
	closed bool
	calls  map[string]func() // end them
}

// asked takes what the bridge asks of the page.
func (d *desk) asked(r vertotest.Request) {
	var p struct {
		Call string `json:"callID"`
		SDP  string `json:"sdp"`
	}
	switch r.Read(&p); r.Method {
	case "verto.invite":
		d.taking.Go(func() { d.take(p.Call, p.SDP) })
	case "verto.bye":
		d.taking.Go(func() { d.end(p.Call) })
	}
}

// take answers a call. One that cannot be is missed by who waits for it to be heard.
func (d *desk) take(id, offer string) {
	b, err := vertotest.NewBrowser()
	if err != nil {
		return
	}
	answer, err := b.Answer(d.ctx, offer)
	if err != nil {
		_ = b.Close() // it is of no use
		return
	}
	t := d.s.load.Join(b, d.s.people)
	end := func() { t.Leave(); _ = b.Close() }
	if !d.keep(id, end) { // the page is closed
		end()
		return
	}
	_, err = d.client.Ask(d.ctx, "verto.answer", map[string]any{"sdp": answer, "dialogParams": map[string]any{"callID": id}})
	if err == nil {
		d.s.hears(d.ctx, t)
	}
}

func (d *desk) keep(id string, end func()) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.closed {
		d.calls[id] = end
	}
	return !d.closed
}

// end lets go of a call.
func (d *desk) end(id string) {
	d.mu.Lock()
	end := d.calls[id]
	delete(d.calls, id)
	d.mu.Unlock()
	if end != nil {
		end()
	}
}

// close closes the page, and waits for its calls.
func (d *desk) close() {
	_ = d.client.Close() // nothing more comes
	d.mu.Lock()
	d.closed = true
	ids := make([]string, 0, len(d.calls))
	for id := range d.calls {
		ids = append(ids, id)
	}
	d.mu.Unlock()
	for _, id := range ids {
		d.end(id)
	}
	d.taking.Wait()
}
