package reflector_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"switchgram/tgcall/reflector"
	"switchgram/tgcall/testnet/reflectors"
)

// patience is a safety net for what comes at once on an idle machine.
const patience = 60 * time.Second

// running runs something until the test ends.
func running(t *testing.T, run func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	group.Go(func() {
		if err := run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); group.Wait() })
}

func listen(t *testing.T, o reflectors.Options) *reflectors.Server {
	t.Helper()
	s, err := reflectors.Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	running(t, s.Run)
	return s
}

// at is the stand-in as a side of a call knows it: the caller's tag is even.
func at(t *testing.T, s *reflectors.Server, caller, tcp bool) reflector.Server {
	t.Helper()
	digits := "43"
	if caller {
		digits = "42"
	}
	tag, err := reflector.ParsePeerTag(digits + strings.Repeat("42", reflector.TagSize-1))
	if err != nil {
		t.Fatal(err)
	}
	return reflector.Server{ID: 1, Host: s.Addr().Addr().String(), Port: int(s.Addr().Port()), PeerTag: tag, TCP: tcp}
}

// heard is what came to a port.
type heard struct {
	from    reflector.Tag
	payload string
}

func open(t *testing.T, s reflector.Server, tag reflector.Tag) (*reflector.Port, <-chan heard) {
	t.Helper()
	packets := make(chan heard, 100)
	p, err := reflector.NewPort(reflector.PortOptions{Server: s, Tag: tag, OnPacket: func(from reflector.Tag, payload []byte) {
		select {
		case packets <- heard{from, string(payload)}:
		default:
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	running(t, p.Run)
	return p, packets
}

func awaitReady(t *testing.T, p *reflector.Port) {
	t.Helper()
	select {
	case <-p.Ready():
	case <-time.After(patience):
		t.Fatal("the reflector did not answer")
	}
}

// says sends until it is heard.
func says(t *testing.T, p *reflector.Port, text string, to reflector.Tag, packets <-chan heard) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	giveUp := time.After(patience)
	for {
		select {
		case h := <-packets:
			if h == (heard{p.Tag(), text}) {
				return
			}
		case <-tick.C:
			_ = p.Send(to, []byte(text))
		case <-giveUp:
			t.Fatalf("%q was not heard", text)
		}
	}
}

func TestPortsHearEachOther(t *testing.T) {
	for name, c := range map[string]struct {
		addr       string
		a, b       bool // over TCP
		impairment reflectors.Options
	}{
		"UDP":             {},
		"TCP":             {a: true, b: true},
		"TCP and UDP":     {a: true},
		"IPv6":            {addr: "[::1]:0"},
		"loss and jitter": {impairment: reflectors.Options{Loss: 0.3, Delay: 5 * time.Millisecond, Jitter: 20 * time.Millisecond}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.impairment.Addr = c.addr
			s := listen(t, c.impairment)
			a, toA := open(t, at(t, s, true, c.a), 1)
			b, toB := open(t, at(t, s, false, c.b), 4294967295)
			awaitReady(t, a)
			awaitReady(t, b)
			says(t, a, "hello, b", b.Tag(), toB)
			says(t, b, strings.Repeat("x", reflector.MaxPayload), a.Tag(), toA)
		})
	}
}

// TestRoutersRebind: a reflector finds a port again as soon as that speaks, from wherever.
func TestRoutersRebind(t *testing.T) {
	s := listen(t, reflectors.Options{Rebind: 20 * time.Millisecond})
	a, toA := open(t, at(t, s, true, false), 1)
	b, toB := open(t, at(t, s, false, false), 2)
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	defer func() { cancel(); group.Wait() }()
	group.Go(func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			_ = b.Send(a.Tag(), []byte("I am here now"))
			<-tick.C
		}
	})
	for range 20 {
		says(t, a, "and you?", b.Tag(), toB)
		for len(toA) > 0 {
			<-toA
		}
	}
}

func TestPortIsReadyOnceTheReflectorAnswers(t *testing.T) {
	s := listen(t, reflectors.Options{Silent: true})
	p, _ := open(t, at(t, s, true, false), 7)
	other, _ := open(t, at(t, s, true, true), 8) // over TCP nobody answers
	awaitReady(t, other)
	select {
	case <-p.Ready():
		t.Fatal("ready, and nobody has answered")
	default:
	}
	s.Silence(false)
	awaitReady(t, p)
}

func TestBrokenConnectionIsOpenedAgain(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	addr := l.Addr().(*net.TCPAddr)
	_, tag := readVectors(t)
	s := reflector.Server{ID: 1, Host: addr.IP.String(), Port: addr.Port, PeerTag: tag, TCP: true}
	open(t, s, 9)
	want := reflector.AppendFrame([]byte(reflector.Prologue), reflector.AppendHelloTCP(nil, tag, 9))
	for range 2 {
		conn, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(want))
		if _, err := io.ReadFull(conn, got); err != nil || string(got) != string(want) {
			t.Errorf("%x, %v", got, err)
		}
		_ = conn.Close()
	}
}

func TestPortsThatMakeNoSense(t *testing.T) {
	_, tag := readVectors(t)
	good := reflector.PortOptions{
		Server: reflector.Server{ID: 1, Host: "192.0.2.1", PeerTag: tag}, Tag: 1, OnPacket: func(reflector.Tag, []byte) {},
	}
	p, err := reflector.NewPort(good)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Send(2, []byte("x")); !errors.Is(err, reflector.ErrNotConnected) {
		t.Errorf("before Run: %v", err)
	}
	for _, payload := range [][]byte{nil, make([]byte, reflector.MaxPayload+1)} {
		if err := p.Send(2, payload); err == nil || errors.Is(err, reflector.ErrNotConnected) {
			t.Errorf("%d bytes: %v", len(payload), err)
		}
	}
	for name, change := range map[string]func(o *reflector.PortOptions){
		"no host":   func(o *reflector.PortOptions) { o.Server.Host = "" },
		"no id":     func(o *reflector.PortOptions) { o.Server.ID = 0 },
		"port":      func(o *reflector.PortOptions) { o.Server.Port = 65536 },
		"no tag":    func(o *reflector.PortOptions) { o.Tag = 0 },
		"no packet": func(o *reflector.PortOptions) { o.OnPacket = nil },
	} {
		o := good
		change(&o)
		if _, err := reflector.NewPort(o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
