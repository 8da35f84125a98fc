package sip

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

const (
	// farewell is how long the far ends get to hear of the end of their calls when the agent ends.
	farewell = 3 * time.Second
	// settling is how long a request can be on its way through sipgo, and then some.
	settling = 30 * time.Millisecond
	// allowed are the methods that we understand.
	allowed = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, REFER, NOTIFY"
)

// Agent is a SIP user agent. New makes one, Run runs it.
type Agent struct {
	o          Options
	log        *slog.Logger
	udp        *net.UDPConn // nil: none
	ports      *ports
	doors      map[string]*door    // by transport that it listens on: tcp, tls
	outward    map[string]*outward // by transport: tcp, tls
	ua         *sipgo.UserAgent
	server     *sipgo.Server
	client     *sipgo.Client
	gate       *gate
	challenger *challenger // nil: no users
	location   *location
	ready      chan struct{}
	stopping   chan struct{}
	hush       hush
	pulse      pulse
	reports    time.Duration // between a call's RTCP reports
	least      time.Duration // of a session timer

	deaf atomic.Bool // everything is said; nothing more is read

	mu       sync.Mutex
	state    agentState
	draining bool
	busy     sync.WaitGroup // whatever runs on behalf of this agent; entered only while state is running
	calls    map[callKey]*Dialog
	invites  map[inviteKey]bool // incoming ones of calls that live, to find merged requests
	recent   []callKey          // calls we placed, ended not long ago
}

type agentState int

const (
	fresh agentState = iota
	running
	closed
)

// callKey finds the dialog of a request: our tag is unguessable.
type callKey struct{ callID, localTag string }

// inviteKey is what two copies of one INVITE have in common (RFC 3261 §8.2.2.2).
type inviteKey struct {
	callID, fromTag string
	seq             uint32
}

// New opens the listening sockets, so that a taken address is an error now and Addr is known; it starts nothing. An agent that is
// never run is closed with Close.
func New(o Options) (*Agent, error) {
	if err := o.complete(); err != nil {
		return nil, fmt.Errorf("sip agent: %w", err)
	}
	a := &Agent{
		o: o, log: o.Log, gate: newGate(o.Allow), location: newLocation(), hush: newHush(o.Log),
		pulse: usual, reports: reportEvery, least: leastInterval, ready: make(chan struct{}), stopping: make(chan struct{}),
		calls: map[callKey]*Dialog{}, invites: map[inviteKey]bool{},
	}
	if o.Users != nil {
		a.challenger = newChallenger(o.Realm, o.Algorithms, o.Users)
	}
	if err := a.listen(); err != nil {
		return nil, errors.Join(fmt.Errorf("sip agent: %w", err), a.closeSockets())
	}
	if err := a.build(); err != nil {
		return nil, errors.Join(fmt.Errorf("sip agent: %w", err), a.closeSockets())
	}
	return a, nil
}

// build sets up sipgo and its handlers.
func (a *Agent) build() (err error) {
	log := slog.New(a.hush)
	a.ua, err = sipgo.NewUA(sipgo.WithUserAgent(a.o.UserAgent), sipgo.WithUserAgenTLSConfig(a.o.TLSConfig), sipgo.WithUserAgentParser(newParser()),
		sipgo.WithUserAgentTransportLayerOptions(sip.WithTransportLayerLogger(log), sip.WithTransportLayerReadFilter(a.filter)),
		sipgo.WithUserAgentTransactionLayerOptions(sip.WithTransactionLayerLogger(log),
			sip.WithTransactionLayerUnhandledResponseHandler(a.stray), sip.WithTransactionLayerTerminateOnConnClose()))
	if err != nil {
		return err
	}
	if a.server, err = sipgo.NewServer(a.ua, sipgo.WithServerLogger(log)); err != nil {
		return err
	}
	if a.client, err = sipgo.NewClient(a.ua, sipgo.WithClientLogger(log)); err != nil {
		return err
	}
	if a.udp != nil {
		// Serve adds it too, but later: requests must not go out by another socket until then.
		addr := a.udp.LocalAddr().String()
		a.ua.TransportLayer().Pool("udp").Add(addr, &sip.UDPConnection{PacketConn: a.udp, PacketAddr: addr, Listener: true})
	}
	a.handle()
	return nil
}

// Ready is closed when Run has begun: Dial and Register return ErrClosed before.
func (a *Agent) Ready() <-chan struct{} { return a.ready }

// Run serves until ctx ends, then ends every dialog and registration within a few seconds and returns when all is gone. A second
// Run, or one after Close, is ErrClosed.
func (a *Agent) Run(ctx context.Context) error {
	if !a.advance(fresh, running) {
		return ErrClosed
	}
	close(a.ready)
	a.servePorts()
	var listening sync.WaitGroup
	var err error
	select {
	case <-ctx.Done():
	case err = <-a.serveSockets(&listening):
		err = fmt.Errorf("sip agent: listening ended: %w", errors.Join(err, ErrTransport))
	}
	a.shutdown(context.WithoutCancel(ctx))
	listening.Wait()
	a.hush.end.fall()
	return err
}

// shutdown says goodbye, closes everything, and waits for whatever still runs.
func (a *Agent) shutdown(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, farewell)
	defer cancel()
	a.Drain()
	close(a.stopping)
	a.hangupAll(ctx)
	a.advance(running, closed)
	gone := make(chan struct{})
	go func() { // ends with the last of them: after the sockets are closed nothing can hold them up
		defer close(gone)
		a.busy.Wait()
	}()
	select {
	case <-gone:
	case <-ctx.Done():
	}
	a.settle()
	if err := errors.Join(a.closeSockets(), a.ua.Close()); err != nil {
		a.log.Debug("close sip agent", "err", err)
	}
	<-gone
}

// settle lets requests that sipgo has read, but not handed to us yet, find the sockets they came by: for a request without one sipgo
// opens a socket that nobody would close. From now on filter takes no more of them.
func (a *Agent) settle() {
	a.deaf.Store(true)
	timer := time.NewTimer(settling)
	defer timer.Stop()
	<-timer.C
}

func (a *Agent) hangupAll(ctx context.Context) {
	var all sync.WaitGroup
	for _, d := range a.dialogs() {
		all.Go(func() {
			if err := d.Hangup(ctx, Hangup{Status: sip.StatusServiceUnavailable, Q850: 41, Text: "shutting down"}); err != nil {
				a.log.Debug("hang up at the end", "sip_call_id", d.callID, "err", err)
			}
		})
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		all.Wait()
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// Close frees the sockets of an agent that was never run; one that runs ends with Run's context.
func (a *Agent) Close() error {
	if !a.advance(fresh, closed) {
		return nil
	}
	return a.closeSockets()
}

// Drain makes the agent refuse new calls, in with 503 and out with ErrDraining, while those that live go on.
func (a *Agent) Drain() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.draining = true
}

func (a *Agent) advance(from, to agentState) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.state != from {
		return false
	}
	a.state = to
	return true
}
