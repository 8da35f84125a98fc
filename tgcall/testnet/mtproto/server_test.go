package mtproto

import (
	"context"
	"crypto/rand"
	"net"
	"testing"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/exchange"
	"github.com/gotd/td/mtproxy"
	"github.com/gotd/td/mtproxy/obfuscated2"
	"github.com/gotd/td/proto/codec"
	"github.com/gotd/td/transport"
)

func transports() map[string]transport.Protocol {
	return map[string]transport.Protocol{"abridged": transport.Abridged, "intermediate": transport.Intermediate,
		"padded intermediate": transport.PaddedIntermediate, "full": transport.Full}
}

func TestEveryTransport(t *testing.T) {
	w := serve(t)
	for name, p := range transports() {
		t.Run(name, func(t *testing.T) {
			if got := nearest(t, w.dial(t, p)); got.Country != "ZZ" {
				t.Errorf("got %v", got)
			}
		})
	}
}

// obfuscated is the client's side of https://core.telegram.org/mtproto/mtproto-transports#transport-obfuscation
type obfuscated struct {
	*obfuscated2.Obfuscated2
	net.Conn
}

func (c obfuscated) Read(b []byte) (int, error)  { return c.Obfuscated2.Read(b) }
func (c obfuscated) Write(b []byte) (int, error) { return c.Obfuscated2.Write(b) }

func TestObfuscatedTransport(t *testing.T) {
	w := serve(t)
	p := w.dial(t, transport.Full)
	nc, err := net.Dial("tcp4", w.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	o := obfuscated2.NewObfuscated2(rand.Reader, nc)
	if err := o.Handshake(codec.PaddedIntermediateClientStart, 2, mtproxy.Secret{}); err != nil {
		t.Fatal(err)
	}
	if p.conn, err = transport.NewProtocol(transport.PaddedIntermediate.CodecNoHeader).Handshake(obfuscated{o, nc}); err != nil {
		t.Fatal(err)
	}
	nearest(t, p)
}

func TestKeyExchange(t *testing.T) {
	w := serve(t)
	p := w.dial(t, transport.Intermediate)
	r, err := exchange.NewExchanger(p.conn, 2).Client([]exchange.PublicKey{w.PublicKey()}).Run(p.ctx)
	if err != nil {
		t.Fatal(err)
	}
	p.key = AuthKey{Key: r.AuthKey}
	p.salt, p.session = r.ServerSalt, r.SessionID
	nearest(t, p)
}

func TestKeyExchangeForAnotherDataCentre(t *testing.T) {
	w := serve(t)
	p := w.dial(t, transport.Intermediate)
	_, err := exchange.NewExchanger(p.conn, 3).Client([]exchange.PublicKey{w.PublicKey()}).Run(p.ctx)
	if got := protocolError(err); got != codec.CodeWrongDC {
		t.Errorf("got %v, want %d", err, codec.CodeWrongDC)
	}
}

func TestUnknownKeyIsToldSoAndTheConnectionGoesOn(t *testing.T) {
	w := serve(t)
	p := w.dial(t, transport.Intermediate)
	good := p.key
	p.key = serve(t).NewKey() // of another network
	p.send(raw(nil))
	_, err := p.receive()
	if got := protocolError(err); got != codec.CodeAuthKeyNotFound {
		t.Fatalf("got %v, want %d", err, codec.CodeAuthKeyNotFound)
	}
	p.key = good
	nearest(t, p)
}

func TestGarbageDisturbsNobody(t *testing.T) {
	w := serve(t)
	good := w.dial(t, transport.Intermediate)
	nearest(t, good)
	garbage := map[string][]byte{
		"nothing":                nil,
		"one byte":               {0xef},
		"abridged, then noise":   append([]byte{0xef}, make([]byte, 200)...),
		"HTTP":                   []byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
		"full frame of 8 bytes":  {8, 0, 0, 0, 0, 0, 0, 0},
		"full frame of 11 bytes": {11, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3},
		"huge frame":             {0xee, 0xee, 0xee, 0xee, 0xff, 0xff, 0xff, 0xff},
		"short frame":            {0xee, 0xee, 0xee, 0xee, 4, 0, 0, 0, 1, 2, 3, 4},
		"clear text noise":       append([]byte{0xee, 0xee, 0xee, 0xee, 32, 0, 0, 0}, make([]byte, 32)...),
		"obfuscated noise":       []byte("0123456789012345678901234567890123456789012345678901234567890123456789"),
	}
	for name, bytes := range garbage {
		nc, err := net.Dial("tcp4", w.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = nc.Close() }()
		if _, err := nc.Write(bytes); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	nearest(t, good)
	nearest(t, w.dial(t, transport.Full))
}

func TestSilentPeerIsCutOff(t *testing.T) {
	w := serve(t, func(o *Options) { o.Handshake = 50 * time.Millisecond })
	nc, err := net.Dial("tcp4", w.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	if err := nc.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := nc.Read(make([]byte, 1)); err == nil || isTimeout(err) {
		t.Fatalf("got %v, want the end of the connection", err)
	}
}

func TestIdleConnectionIsClosed(t *testing.T) {
	w := serve(t, func(o *Options) { o.Idle = 500 * time.Millisecond })
	p := w.dial(t, transport.Abridged)
	nearest(t, p)
	p.wantClosed()
}

func TestMessageThatDoesNotDecryptEndsItsConnection(t *testing.T) {
	w := serve(t)
	p := w.dial(t, transport.Intermediate)
	nearest(t, p)
	var b bin.Buffer
	b.Put(p.key.Key.ID[:])
	b.Put(make([]byte, 16+64))
	if err := p.conn.Send(p.ctx, &b); err != nil {
		t.Fatal(err)
	}
	p.wantClosed()
	nearest(t, w.dial(t, transport.Intermediate))
}

func TestServeEndsWithItsContext(t *testing.T) {
	s, err := New(Options{DC: 2, Key: testKey(), Handler: &api{}})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Serve(ctx, l) }()
	w := &world{Server: s, addr: l.Addr().String()}
	p := w.dial(t, transport.Intermediate)
	p.send(raw(nil))
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	p.wantClosed()
}

func TestOptionsThatCannotWork(t *testing.T) {
	for name, o := range map[string]Options{
		"no key":     {DC: 2, Handler: &api{}},
		"no handler": {DC: 2, Key: testKey()},
		"no dc":      {Key: testKey(), Handler: &api{}},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
