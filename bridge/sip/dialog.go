package sip

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime/debug"
	"sync"

	"github.com/emiago/sipgo/sip"
	"github.com/pion/rtp"

	"switchgram/bridge/sip/sdp"
)

// maxEvents is the room for events nobody has read yet; one place is kept for Ended.
const maxEvents = 128

// Dialog is one call with one far end. Its methods may be called concurrently.
type Dialog struct {
	a        *Agent
	log      *slog.Logger
	callID   string
	localTag string
	incoming bool
	called   string  // user part that was called
	asked    sip.Uri // the request URI of an incoming call
	user     string  // who authenticated to call us
	replaces string  // Call-ID of the call that this one shall replace
	path     path
	contact  *sip.ContactHeader
	secret   credentials // for challenges to our requests
	invite   *sip.Request
	tx       sip.ServerTransaction // of an incoming INVITE; nil: outgoing
	events   chan Event
	over     chan struct{} // closed when Ended is out
	ctx      context.Context
	cancel   context.CancelFunc
	sound    *sound
	turn     chan struct{} // held by who offers: one exchange of offer and answer at a time

	quit      chan goodbye      // to the goroutine of an outgoing INVITE: cancel it; filled under the lock while the stage is early
	cancelled chan *sip.Request // from sipgo: CANCEL came for an incoming INVITE
	final     chan struct{}     // closed when an incoming INVITE has its final response

	sending    sync.Mutex // held from a request's number to its being sent; before mu
	mu         sync.Mutex
	stage      stage
	leaving    bool // Hangup was called
	local      nameAddr
	remote     nameAddr
	target     sip.Uri  // where the far end wants requests
	routes     []string // values of Route header fields
	seq        uint32   // of our last request
	heard      uint32   // of the far end's last request
	headers    sip.Message
	offers     []sdp.Codec // that may be agreed on, best first
	dtmf       DTMF
	srtp       sdp.SRTP
	sdp        sdp.Local
	offered    *sdp.Description // the far end's offer that is to be answered; nil: it made none
	agreed     *terms
	early      []byte        // the SDP of the far end's 183
	answered   []byte        // our SDP in a 183, which the 200 repeats
	holding    bool          // we hold the far end
	held       bool          // the far end holds us
	confirming *confirmation // our latest 2xx to the far end's INVITE; nil: none yet
	finished   bool          // an incoming INVITE has its final response
	deafened   bool          // an event had no room
	progress   *sip.Response // the latest 1xx of ours
	session    session
	transfer   uint32          // CSeq of the REFER that NotifyTransfer tells of; 0: none
	refers     bool            // Refer was called
	notices    <-chan struct{} // closed when the last of its NOTIFYs so far has its answer
	release    func()          // of the gate
}

// stage of a dialog's life.
type stage int

const (
	early    stage = iota // no 2xx yet
	answered              // 2xx sent or received
	gone
)

// nameAddr is one party of a dialog as From and To show it.
type nameAddr struct {
	name string // escaped for quotes
	uri  sip.Uri
	tag  string
}

func (n nameAddr) from() *sip.FromHeader {
	h := &sip.FromHeader{DisplayName: n.name, Address: *n.uri.Clone()}
	h.Params.Add("tag", n.tag)
	return h
}

func (n nameAddr) to() *sip.ToHeader {
	h := &sip.ToHeader{DisplayName: n.name, Address: *n.uri.Clone()}
	if n.tag != "" {
		h.Params.Add("tag", n.tag)
	}
	return h
}

// newDialog makes what both directions have in common.
func (a *Agent) newDialog(callID string, incoming bool) *Dialog {
	d := &Dialog{a: a, callID: callID, incoming: incoming, localTag: sip.GenerateTagN(20),
		log:    a.log.With("sip_call_id", callID),
		events: make(chan Event, maxEvents), over: make(chan struct{}), turn: make(chan struct{}, 1), quit: make(chan goodbye, 1),
		cancelled: make(chan *sip.Request, 1), final: make(chan struct{}), session: session{asked: a.o.SessionExpires}}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	return d
}

// open gives the dialog a port near the address that is ours towards its far end, and its place among the agent's calls; from now on it
// must be ended.
func (d *Dialog) open(ours netip.Addr) error {
	p, err := d.a.ports.take(ours)
	if err != nil {
		return err
	}
	d.sound = newSound(p, d.path.to.Addr(), d.emit, d.broke)
	d.describeAs(ours)
	if err := d.a.admit(d); err != nil {
		d.closeSound()
		return err
	}
	if p.alone != nil && !d.a.spawn(p.run) || !d.a.spawn(d.tend) {
		d.a.forget(d)
		d.closeSound()
		return ErrClosed
	}
	return nil
}

// broke ends a call over whose sound somebody has panicked.
func (d *Dialog) broke(reason any) {
	d.log.Error("panic over a packet of sound", "err", reason, "stack", string(debug.Stack()))
	d.abandon(Ended{Err: fmt.Errorf("%w: %v", ErrPanic, reason)}, Hangup{Q850: 41})
}

func (d *Dialog) closeSound() {
	if err := d.sound.close(); err != nil {
		d.log.Debug("close rtp sockets", "err", err)
	}
}

func (d *Dialog) key() callKey { return callKey{d.callID, d.localTag} }

// emit queues an event. A dialog whose events nobody reads is ended: it must not fill memory or block.
func (d *Dialog) emit(e Event) {
	d.mu.Lock()
	full := len(d.events) >= maxEvents-1
	if d.stage != gone && !full {
		d.events <- e
	}
	givenUp := full && !d.deafened
	d.deafened = d.deafened || full
	d.mu.Unlock()
	if givenUp {
		d.abandon(Ended{Err: ErrSlow}, Hangup{Q850: 41})
	}
}

// end ends the dialog here; the far end knows, or is told by somebody else. Only the first end counts.
func (d *Dialog) end(e Ended) {
	d.mu.Lock()
	if d.stage == gone {
		d.mu.Unlock()
		return
	}
	d.stage = gone
	d.events <- e
	close(d.events)
	d.session.stop()
	d.mu.Unlock()
	d.a.forget(d)
	d.closeSound()
	d.cancel()
	if d.release != nil {
		d.release()
	}
	d.log.Debug("sip call ended", "q850", e.Cause, "cause", e.Status, "err", e.Err)
	close(d.over)
}

// abandon ends a dialog that we give up, and tells the far end in the background.
func (d *Dialog) abandon(e Ended, h Hangup) {
	told := d.a.spawn(func() {
		ctx, cancel := context.WithTimeout(context.Background(), farewell)
		defer cancel()
		if err := d.hangup(ctx, h, e); err != nil {
			d.log.Debug("hang up", "err", err)
		}
	})
	if !told {
		d.end(e)
	}
}

// CallID is the SIP Call-ID.
func (d *Dialog) CallID() string { return d.callID }

// Incoming tells whether the far end called us.
func (d *Dialog) Incoming() bool { return d.incoming }

// Transport is how the dialog's requests travel: "udp" or "tcp".
func (d *Dialog) Transport() string { return d.path.transport }

// RemoteUser is the user part of the far end's address, unescaped and hostile.
func (d *Dialog) RemoteUser() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return unescape(d.remote.uri.User)
}

// RemoteName is the far end's display name, unquoted and hostile.
func (d *Dialog) RemoteName() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return unquote(d.remote.name)
}

// RequestUser is the user part that was called, unescaped, and hostile if the call is incoming.
func (d *Dialog) RequestUser() string { return d.called }

// User is who authenticated to call us, one of Options.Users; empty: a registrar or an allowed network, who need not, or a call of ours.
func (d *Dialog) User() string { return d.user }

// Header is the first header field of that name in what the far end said: its INVITE, or its latest response to ours. Hostile.
func (d *Dialog) Header(name string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.headers == nil {
		return ""
	}
	return value(d.headers, name)
}

// Events come in order; the channel is closed after Ended, which always comes. It has room for 128 events; a dialog whose events
// nobody reads ends with ErrSlow.
func (d *Dialog) Events() <-chan Event { return d.events }

// Format is what the RTP carries now; it changes only with FormatChanged. The zero Format: nothing agreed yet.
func (d *Dialog) Format() sdp.Format {
	if f := d.sound.format.Load(); f != nil {
		return *f
	}
	return sdp.Format{}
}

// OnRTP sets who receives the far end's audio packets; nil discards them. The function is called from one goroutine at a time, in
// order of arrival, without padding, never with an empty payload or a telephone-event. The packet is valid only until the function
// returns, and it must not block.
func (d *Dialog) OnRTP(f func(*rtp.Packet)) {
	if f == nil {
		d.sound.receive.Store(nil)
		return
	}
	d.sound.receive.Store(&f)
}

// WriteRTP sends a packet and leaves it unchanged. Sequence number, timestamp, marker and payload are the caller's; SSRC and payload
// type are set here, header extensions left out, and sequence numbers shifted to make room for digits. A packet that cannot be sent
// yet, or no longer, is dropped and counted; the error says so and is no reason to stop.
func (d *Dialog) WriteRTP(p *rtp.Packet) error { return d.sound.write(p) }

// Stats are the counts since the start.
func (d *Dialog) Stats() Stats { return d.sound.stats() }
