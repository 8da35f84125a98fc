package verto_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"sync"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"switchgram/verto"
	"switchgram/verto/vertotest"
)

// staff may log in.
type staff struct{}

func (staff) Login(_ context.Context, l verto.Login) (verto.User, error) {
	if l.Name != "ann" || l.Password != "secret" {
		return verto.User{}, verto.ErrPassword
	}
	return verto.User{ID: "ann", Name: "Ann", Number: "1008"}, nil
}

// Whoever calls hears an echo.
func Example() {
	echo := func(ctx context.Context, c *verto.Call) {
		fmt.Println(c.User().Name, "calls", c.Destination())
		c.OnRTP(func(p *rtp.Packet) { _ = c.WriteRTP(p) })
		if c.Answer(ctx) == nil {
			<-ctx.Done() // until the call has ended
		}
		fmt.Println(context.Cause(ctx))
	}
	media := func(s *webrtc.SettingEngine) (func(), error) {
		s.SetIncludeLoopbackCandidate(true) // for pages on this machine
		return nil, nil
	}
	server, err := verto.New(verto.Options{Users: staff{}, OnCall: echo, Media: media})
	if err != nil {
		panic(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = server.Run(ctx) })
	site := httptest.NewServer(server)

	call("ws" + strings.TrimPrefix(site.URL, "http"))

	stop()
	running.Wait()
	site.Close()
	// Output:
	// Ann calls 3500
	// verto: the call is over: page ended, NORMAL_CLEARING, <nil>
}

// call does what a page does.
func call(url string) {
	ctx := context.Background()
	answers := make(chan vertotest.Request, 1)
	page, err := vertotest.Dial(ctx, url, vertotest.Options{Handle: func(r vertotest.Request) {
		if r.Method == "verto.answer" {
			answers <- r
		}
	}})
	if err != nil {
		panic(err)
	}
	defer func() { _ = page.Close() }()
	if err := page.Login(ctx, "ann", "secret"); err != nil {
		panic(err)
	}
	browser, err := vertotest.NewBrowser()
	if err != nil {
		panic(err)
	}
	defer func() { _ = browser.Close() }()
	offer, err := browser.Offer(ctx)
	if err != nil {
		panic(err)
	}
	dialog := map[string]any{"callID": "0e6c1f44-7d4b-4b0e", "destination_number": "3500"}
	if _, err := page.Ask(ctx, "verto.invite", map[string]any{"sdp": offer, "dialogParams": dialog}); err != nil {
		panic(err)
	}
	var answer struct{ SDP string }
	r := <-answers
	r.Read(&answer)
	if err := browser.Accept(answer.SDP); err != nil {
		panic(err)
	}
	if err := browser.Connected(ctx); err != nil {
		panic(err)
	}
	if _, err := page.Ask(ctx, "verto.bye", map[string]any{"dialogParams": dialog}); err != nil {
		panic(err)
	}
}
