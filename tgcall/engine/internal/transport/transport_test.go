package transport

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/logging"
	"github.com/pion/srtp/v3"
	"github.com/pion/transport/v4/dpipe"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is a safety net; everything below happens at once on an idle machine.
const patience = 60 * time.Second

// end is one side of a connection in a test.
type end struct {
	*Transport
	conn   net.Conn
	media  chan []byte
	keys   chan [2]*srtp.Context
	opened chan struct{}
	texts  chan string
	result chan error
	cancel context.CancelFunc
}

// Input takes what is not DTLS.
func (e *end) Input(packet []byte) { e.media <- bytes.Clone(packet) }

// lossy drops some of what is written.
type lossy struct {
	net.Conn
	mu   sync.Mutex
	dice *rand.Rand
	loss float64
}

func (l *lossy) Write(p []byte) (int, error) {
	l.mu.Lock()
	lost := l.dice.Float64() < l.loss
	l.mu.Unlock()
	if lost {
		return len(p), nil
	}
	return l.Conn.Write(p)
}

// newPair makes two ends; the first is the caller. Their certificates match unless forged.
func newPair(t *testing.T, callerIsClient bool, loss float64) (a, b *end) {
	t.Helper()
	ca, cb := dpipe.Pipe()
	certA, certB := certificate(t), certificate(t)
	a = newEnd(t, &lossy{Conn: ca, dice: rand.New(rand.NewPCG(1, 1)), loss: loss}, certA, certB.Fingerprint(), callerIsClient, true)
	b = newEnd(t, &lossy{Conn: cb, dice: rand.New(rand.NewPCG(1, 2)), loss: loss}, certB, certA.Fingerprint(), !callerIsClient, false)
	t.Cleanup(func() { _, _ = ca.Close(), cb.Close() })
	return a, b
}

func certificate(t *testing.T) *Certificate {
	t.Helper()
	c, err := NewCertificate()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func newEnd(t *testing.T, conn net.Conn, own *Certificate, remote string, client, opens bool) *end {
	t.Helper()
	f, err := ParseFingerprint("sha-256", remote)
	if err != nil {
		t.Fatal(err)
	}
	e := &end{
		conn: conn, media: make(chan []byte, 100), keys: make(chan [2]*srtp.Context, 1), opened: make(chan struct{}, 10),
		texts: make(chan string, 100), result: make(chan error, 1),
	}
	e.Transport, err = New(Options{
		Conn: conn, Certificate: own, Remote: f, Client: client, Opens: opens, Media: e,
		Log: slog.New(slog.DiscardHandler), PionLogs: &logging.DefaultLoggerFactory{Writer: io.Discard},
		OnKeys: func(local, remote *srtp.Context) { e.keys <- [2]*srtp.Context{local, remote} },
		OnOpen: func() { e.opened <- struct{}{} },
		OnText: func(text []byte) { e.texts <- string(text) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// run runs both until the test ends.
func run(t *testing.T, ends ...*end) {
	t.Helper()
	for _, e := range ends {
		ctx, cancel := context.WithCancel(context.Background())
		e.cancel = cancel
		var group sync.WaitGroup
		group.Go(func() { e.result <- e.Run(ctx) })
		t.Cleanup(func() { cancel(); group.Wait() })
		e.Begin()
	}
}

// next waits for something to come out of a channel.
func next[T any](t *testing.T, what string, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("no %s", what)
		panic("unreachable")
	}
}

func TestHandshakeInBothRoles(t *testing.T) {
	for name, callerIsClient := range map[string]bool{"caller is client": true, "callee is client, as a browser": false} {
		t.Run(name, func(t *testing.T) {
			a, b := newPair(t, callerIsClient, 0)
			run(t, a, b)
			ours, theirs := next(t, "keys", a.keys), next(t, "keys", b.keys)
			sealed, err := ours[0].EncryptRTP(nil, []byte{0x80, 111, 0, 1, 0, 0, 0, 1, 0, 0, 0, 7, 42}, nil)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = a.conn.Write(sealed)
			plain, err := theirs[1].DecryptRTP(nil, next(t, "media", b.media), nil)
			if err != nil || plain[12] != 42 {
				t.Errorf("%v %v", plain, err)
			}
		})
	}
}

func TestHandshakeOverABadPath(t *testing.T) {
	a, b := newPair(t, true, 0.2)
	run(t, a, b)
	next(t, "keys", a.keys)
	next(t, "keys", b.keys)
	next(t, "channel", a.opened)
	next(t, "channel", b.opened)
}

func TestEachProfileOfTheServerIsTaken(t *testing.T) {
	for _, p := range profiles() {
		a, b := newPair(t, true, 0)
		conn, err := b.server([]dtls.SRTPProtectionProfile{p}) // Telegram's takes only one
		if err != nil {
			t.Fatal(err)
		}
		b.dtls, b.channel.conn = conn, conn
		run(t, a, b)
		next(t, "keys", a.keys)
		if got, _ := a.dtls.SelectedSRTPProtectionProfile(); got != p {
			t.Errorf("agreed on %v, want %v", got, p)
		}
	}
}

func TestTextsBothWays(t *testing.T) {
	a, b := newPair(t, true, 0)
	run(t, a, b)
	next(t, "channel", a.opened)
	next(t, "channel", b.opened)
	long := string(bytes.Repeat([]byte("x"), 10*firstBuffer))
	for _, text := range []string{"one", long, "three"} {
		a.SendText([]byte(text))
		b.SendText([]byte(text))
		if got := next(t, "text", b.texts); got != text {
			t.Errorf("%d bytes arrived of %d", len(got), len(text))
		}
		if got := next(t, "text", a.texts); got != text {
			t.Errorf("%d bytes arrived of %d", len(got), len(text))
		}
	}
}

func TestTextBeforeTheChannelIsOpenIsLost(t *testing.T) {
	a, _ := newPair(t, true, 0)
	a.SendText([]byte("too early"))
}

func TestGoodbyeIsHeardAtOnce(t *testing.T) {
	a, b := newPair(t, true, 0)
	run(t, a, b)
	next(t, "channel", b.opened)
	a.cancel()
	if err := next(t, "end", a.result); err != nil {
		t.Errorf("who left: %v", err)
	}
	if err := next(t, "end", b.result); !errors.Is(err, ErrClosed) {
		t.Errorf("who stayed: %v", err)
	}
}

// TestDataChannelMayEndBeforeTheCall: SCTP gone, DTLS stays, and its end is still noticed.
func TestDataChannelMayEndBeforeTheCall(t *testing.T) {
	a, b := newPair(t, true, 0)
	run(t, a, b)
	next(t, "channel", a.opened)
	next(t, "channel", b.opened)
	b.channel.mu.Lock()
	stream := b.channel.stream
	b.channel.mu.Unlock()
	_ = stream.SetReadDeadline(past()) // b leaves its association
	ours := next(t, "keys", a.keys)
	sealed, err := ours[0].EncryptRTP(nil, []byte{0x80, 111, 0, 1, 0, 0, 0, 1, 0, 0, 0, 7, 42}, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = a.conn.Write(sealed)
	next(t, "media", b.media)
	b.cancel()
	if err := next(t, "end", a.result); !errors.Is(err, ErrClosed) {
		t.Errorf("who stayed: %v", err)
	}
}

func TestOtherCertificateIsRefused(t *testing.T) {
	for name, callerIsClient := range map[string]bool{"by the client": true, "by the server": false} {
		t.Run(name, func(t *testing.T) {
			a, b := newPair(t, callerIsClient, 0)
			a.o.Remote, _ = ParseFingerprint("sha-256", certificate(t).Fingerprint())
			run(t, a, b)
			if err := next(t, "end", a.result); !errors.Is(err, ErrFingerprint) {
				t.Errorf("%v", err)
			}
			if err := next(t, "end", b.result); err == nil {
				t.Error("the forged side does not know")
			}
			if len(a.keys) != 0 {
				t.Error("keys in spite of it")
			}
		})
	}
}

func TestEndBeforeTheHandshake(t *testing.T) {
	a, b := newPair(t, true, 1)
	run(t, a, b)
	a.cancel()
	b.cancel()
	for _, e := range []*end{a, b} {
		if err := next(t, "end", e.result); err != nil {
			t.Error(err)
		}
	}
}

// TestAnybodysAlertDoesNotEndTheCall: an alert without encryption may come from anyone who knows the addresses.
func TestAnybodysAlertDoesNotEndTheCall(t *testing.T) {
	a, b := newPair(t, true, 0)
	run(t, a, b)
	next(t, "channel", a.opened)
	next(t, "channel", b.opened)
	for _, forged := range [][]byte{
		{21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 9, 9, 0, 2, 2, 40}, // fatal
		{21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 9, 8, 0, 2, 1, 0},  // close_notify
		{21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 9, 7, 0, 1, 1},     // half an alert
		{23, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 9, 6, 0, 1, 1},     // data in the clear
		{63, 0, 0, 0, 0, 0, 0, 0, 0, 0},
		bytes.Repeat([]byte{25}, 4000), // longer than a packet can be
	} {
		_, _ = a.conn.Write(forged)
	}
	a.SendText([]byte("still here"))
	if got := next(t, "text", b.texts); got != "still here" {
		t.Error(got)
	}
}

func TestFingerprints(t *testing.T) {
	c := certificate(t)
	f, err := ParseFingerprint("SHA-256", c.Fingerprint())
	if err != nil || !f.matches(c.tls.Certificate[0]) {
		t.Errorf("%v", err)
	}
	if (Fingerprint{}).matches(c.tls.Certificate[0]) {
		t.Error("no fingerprint matches everything")
	}
	for hash, value := range map[string]string{"sha-1": "AA", "md5": "", "sha-256": "AA:BB", "sha-512": c.Fingerprint(), "": ""} {
		if _, err := ParseFingerprint(hash, value); err == nil {
			t.Errorf("%s %s was taken", hash, value)
		}
	}
}

func FuzzInput(f *testing.F) {
	f.Add([]byte{21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 9, 9, 0, 2, 2, 40})
	f.Add([]byte{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 9, 9, 0, 2, 2, 40, 23, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 9, 9, 0, 0})
	f.Add([]byte{0x80, 111, 0, 1, 0, 0, 0, 1, 0, 0, 0, 7, 42})
	f.Fuzz(func(t *testing.T, b []byte) {
		a, _ := newPair(t, true, 0)
		a.records.established.Store(true)
		a.media = make(chan []byte, 1)
		a.input(bytes.Clone(b))
		if len(a.media)+len(a.records.in) > 1 {
			t.Error("one packet became two")
		}
		if len(a.media) == 1 && (b[0] < 128 || b[0] > 191) || len(a.records.in) == 1 && (b[0] < 20 || b[0] > 63) {
			t.Errorf("%x went the wrong way", b)
		}
	})
}

func FuzzDCEP(f *testing.F) {
	f.Add(openMessage())
	f.Add([]byte{dcepAck})
	f.Add([]byte{dcepOpen, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		if isOpen(b) && isAck(b) {
			t.Errorf("%x opens and acknowledges", b)
		}
	})
}

func TestOpenIsWhatTelegramSends(t *testing.T) {
	want := []byte{3, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 'd', 'a', 't', 'a'}
	if got := openMessage(); !bytes.Equal(got, want) || !isOpen(got) {
		t.Errorf("%x", got)
	}
}

// pathless refuses what is written until there is a path.
type pathless struct {
	net.Conn
	path    chan struct{}
	refused chan struct{} // a write, once
	once    sync.Once
}

func (p *pathless) Write(b []byte) (int, error) {
	select {
	case <-p.path:
		return p.Conn.Write(b)
	default:
		p.once.Do(func() { close(p.refused) })
		return 0, errors.New("no path")
	}
}

// TestAnswerWaitsForThePath: the peer's first flight comes a moment before ours may leave, and is answered when it may.
func TestAnswerWaitsForThePath(t *testing.T) {
	here, there := dpipe.Pipe()
	defer there.Close()
	defer here.Close()
	conn := &pathless{Conn: here, path: make(chan struct{}), refused: make(chan struct{})}
	r := newRecords(conn)
	written := make(chan struct{})
	go func() {
		defer close(written)
		_, _ = r.WriteTo([]byte("flight"), nil)
	}()
	<-conn.refused
	close(conn.path)
	buf := make([]byte, 100)
	if n, err := there.Read(buf); err != nil || string(buf[:n]) != "flight" {
		t.Errorf("%q, %v", buf[:n], err)
	}
	<-written
	conn.path = make(chan struct{})
	for name, end := range map[string]func(){"established": func() { r.established.Store(true) }, "closed": func() { _ = r.Close() }} {
		end()
		if n, err := r.WriteTo([]byte("lost"), nil); n != 4 || err != nil {
			t.Errorf("%s: %d, %v", name, n, err)
		}
		r.established.Store(false)
	}
}
