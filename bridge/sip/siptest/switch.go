package siptest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"

	ua "switchgram/bridge/sip"
)

// How long the switch waits for the answer to a BYE or CANCEL: the telephone may be gone.
const byeTimeout = 3 * time.Second

const allow = "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, REGISTER"

// Options describe a Switch. The zero value is a switch with the default extensions and no users.
type Options struct {
	Listen     string            // address of both UDP and TCP; empty: 127.0.0.1 and a free port
	Domain     string            // realm and domain of its users; empty: 127.0.0.1
	Name       string            // User-Agent; empty: siptest
	Users      map[string]string // passwords
	Extensions []Extension       // nil: Defaults()
	Algorithms []string          // of digest authentication, offered in this order: MD5, SHA-256; nil: MD5, as FreeSWITCH
	NonceLife  time.Duration     // 0: a minute
	MaxExpires time.Duration     // longest registration granted; 0: an hour
	RingTime   time.Duration     // longest that a user's telephone rings; 0: a minute

	MediaLoss float64 // share of RTP packets that the switch loses on their way in, 0 to 1

	// Dialplan decides where a call goes. Nil: DialTelegram("telegram").
	Dialplan func(from, number string) Route

	// Ended is told of every call that ended, from any goroutine; it must not block. Nil: nobody is.
	Ended func(Call)

	Log *slog.Logger // nil: none
}

func (o Options) withDefaults() Options {
	o.Listen = cmp.Or(o.Listen, "127.0.0.1:0")
	o.Domain = cmp.Or(o.Domain, "127.0.0.1")
	o.Name = cmp.Or(o.Name, "siptest")
	o.NonceLife = cmp.Or(o.NonceLife, time.Minute)
	o.MaxExpires = cmp.Or(o.MaxExpires, time.Hour)
	o.RingTime = cmp.Or(o.RingTime, time.Minute)
	if o.Extensions == nil {
		o.Extensions = Defaults()
	}
	if o.Algorithms == nil {
		o.Algorithms = []string{"MD5"}
	}
	if o.Dialplan == nil {
		o.Dialplan = DialTelegram("telegram")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Switch is a running switch. Its methods may be called concurrently.
type Switch struct {
	options  Options
	log      *slog.Logger
	auth     *authenticator
	location *location
	client   *sipgo.Client
	agent    *sipgo.UserAgent
	addr     netip.AddrPort
	sockets  []io.Closer

	ctx    context.Context // of all calls
	cancel context.CancelCauseFunc
	calls  sync.WaitGroup // and requests being answered
	serves sync.WaitGroup // listeners

	mu     sync.Mutex
	closed bool
	legs   map[string]*leg
}

// Start opens the sockets and serves until ctx ends or Close is called; Close has to be called in either case.
func Start(ctx context.Context, o Options) (*Switch, error) {
	o = o.withDefaults()
	udp, tcp, err := listen(o.Listen)
	if err != nil {
		return nil, fmt.Errorf("siptest: %w", err)
	}
	s := &Switch{options: o, log: o.Log, location: newLocation(), legs: make(map[string]*leg), sockets: []io.Closer{udp, tcp}}
	s.addr = udp.LocalAddr().(*net.UDPAddr).AddrPort()
	s.auth = newAuthenticator(o)
	s.ctx, s.cancel = context.WithCancelCause(ctx)
	server, err := s.stack()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("siptest: %w", err), udp.Close(), tcp.Close())
	}
	s.serves.Go(func() { _ = server.ServeUDP(udp) })
	s.serves.Go(func() { _ = server.ServeTCP(tcp) })
	return s, nil
}

// listen opens the same port for UDP and TCP. With port 0 the one that UDP got may be taken for TCP; then it tries another.
func listen(addr string) (udp net.PacketConn, tcp net.Listener, err error) {
	for range 20 {
		if udp, err = net.ListenPacket("udp4", addr); err != nil {
			return nil, nil, err
		}
		if tcp, err = net.Listen("tcp4", udp.LocalAddr().String()); err == nil {
			return udp, tcp, nil
		}
		_ = udp.Close()
	}
	return nil, nil, err
}

// stack makes sipgo's transactions and transports and tells them who handles what.
func (s *Switch) stack() (*sipgo.Server, error) {
	quiet := slog.New(slog.DiscardHandler) // sipgo reports at level error what is normal here: telephones that vanish
	agent, err := sipgo.NewUA(sipgo.WithUserAgent(s.options.Name),
		sipgo.WithUserAgentTransportLayerOptions(sip.WithTransportLayerLogger(quiet)),
		sipgo.WithUserAgentTransactionLayerOptions(sip.WithTransactionLayerLogger(quiet),
			sip.WithTransactionLayerUnhandledResponseHandler(func(*sip.Response) {})))
	if err != nil {
		return nil, err
	}
	s.agent = agent
	s.client, err = sipgo.NewClient(agent, sipgo.WithClientLogger(quiet), sipgo.WithClientNAT(),
		sipgo.WithClientHostname(s.addr.Addr().String()), sipgo.WithClientPort(int(s.addr.Port())))
	if err != nil {
		return nil, err
	}
	server, err := sipgo.NewServer(agent, sipgo.WithServerLogger(quiet))
	if err != nil {
		return nil, err
	}
	server.OnRegister(s.tracked(s.onRegister))
	server.OnInvite(s.tracked(s.onInvite))
	server.OnAck(s.tracked(s.onAck))
	server.OnBye(s.tracked(s.inDialog((*leg).onBye)))
	server.OnNotify(s.tracked(s.inDialog((*leg).onNotify)))
	server.OnInfo(s.tracked(s.inDialog((*leg).onInfo)))
	server.OnCancel(s.tracked(s.onStrayCancel))
	server.OnOptions(s.tracked(s.onOptions))
	return server, nil
}

// tracked makes Close wait for a handler, and drops requests after it.
func (s *Switch) tracked(h sipgo.RequestHandler) sipgo.RequestHandler {
	return func(req *sip.Request, tx sip.ServerTransaction) {
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			return
		}
		s.calls.Add(1)
		s.mu.Unlock()
		defer s.calls.Done()
		if usable(req) {
			h(req, tx)
		}
	}
}

// usable says whether a request has what every request must have (RFC 3261 §8.1.1).
func usable(req *sip.Request) bool {
	return req.From() != nil && req.To() != nil && req.CallID() != nil && req.CSeq() != nil && req.Via() != nil
}

// Close hangs up every call, closes the sockets and returns when nothing is left.
func (s *Switch) Close() {
	s.cancel(&ending{})
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.calls.Wait()
	_ = s.agent.Close()
	for _, c := range s.sockets {
		_ = c.Close()
	}
	s.serves.Wait()
}

// Addr is where the switch listens, by UDP and TCP.
func (s *Switch) Addr() netip.AddrPort { return s.addr }

// URI is the address of a number or user at this switch.
func (s *Switch) URI(user string) string { return fmt.Sprintf("sip:%s@%s", user, s.addr) }

// Registered is where a user can be called, if it is registered.
func (s *Switch) Registered(user string) (Contact, bool) {
	c, ok, _ := s.location.get(user)
	return c, ok
}

// WaitRegistered returns when the user is registered, or when ctx ends.
func (s *Switch) WaitRegistered(ctx context.Context, user string) (Contact, error) {
	for {
		c, ok, changed := s.location.get(user)
		if ok {
			return c, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Contact{}, fmt.Errorf("siptest: %s did not register: %w", user, ctx.Err())
		}
	}
}

// Forget drops every registration, as a switch does that lost its memory in a restart.
func (s *Switch) Forget() { s.location.clear() }

func newAuthenticator(o Options) *authenticator {
	return &authenticator{realm: o.Domain, algorithms: slices.Clone(o.Algorithms), lifetime: o.NonceLife,
		nonces: make(map[string]*nonce), password: func(user string) (string, bool) {
			p, ok := o.Users[user]
			return p, ok
		}}
}

var _ Stream = (*ua.Dialog)(nil)
