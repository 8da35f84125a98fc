package sip

import (
	"context"
	"net/netip"
	"time"

	"github.com/pion/rtp"
)

// Agent is a SIP user agent. New makes one, Run runs it.
type Agent struct{ o Options }

// New opens the listening sockets, so that a taken address is an error now and Addr is known; it starts nothing. An agent that is
// never run is closed with Close.
func New(o Options) (*Agent, error) { return &Agent{o: o}, nil }

// Addr is where the agent listens; network is "udp" or "tcp". The zero value: it does not listen there.
func (a *Agent) Addr(network string) netip.AddrPort { return netip.AddrPort{} }

// Run serves until ctx ends, then ends every dialog and registration within a few seconds and returns when all is gone.
func (a *Agent) Run(ctx context.Context) error { return ErrClosed }

// Close frees the sockets of an agent that was never run; one that runs ends with Run's context.
func (a *Agent) Close() error { return nil }

// Drain makes the agent refuse new calls, in with 503 and out with ErrDraining, while those that live go on.
func (a *Agent) Drain() {}

// Register keeps a registration until ctx or Run ends, then takes it back. It returns an error only for a Registration that can never
// work; what the registrar says is told to OnState.
func (a *Agent) Register(ctx context.Context, r Registration) error { return ErrClosed }

// Dial places a call and returns when the INVITE was sent; what happens next are the dialog's events. ctx covers only that: the call
// ends by Hangup, by the far end, or with the agent.
func (a *Agent) Dial(ctx context.Context, inv Invite) (*Dialog, error) { return nil, ErrClosed }

// Dialog is one call with one far end. Its methods may be called concurrently.
type Dialog struct{}

// CallID is the SIP Call-ID.
func (d *Dialog) CallID() string { return "" }

// Incoming tells whether the far end called us.
func (d *Dialog) Incoming() bool { return false }

// RemoteUser is the user part of the far end's address, unescaped and hostile.
func (d *Dialog) RemoteUser() string { return "" }

// RemoteName is the far end's display name, unquoted and hostile.
func (d *Dialog) RemoteName() string { return "" }

// RequestUser is the user part that was called, unescaped and hostile if the call is incoming.
func (d *Dialog) RequestUser() string { return "" }

// Header is the first header field of that name in what the far end said: its INVITE, or its latest response to ours.
func (d *Dialog) Header(name string) string { return "" }

// Events come in order; the channel is closed after Ended, which always comes. It has room for 128 events; a dialog whose events
// nobody reads ends with ErrSlow.
func (d *Dialog) Events() <-chan Event { return nil }

// Prefer puts these codecs before the agent's preference when an incoming offer is answered. No effect after EarlyMedia or Answer.
func (d *Dialog) Prefer(c ...Codec) {}

// Ring tells an incoming call's far end that somebody's telephone rings (180).
func (d *Dialog) Ring(ctx context.Context) error { return nil }

// EarlyMedia opens an incoming call's sound before the answer (183).
func (d *Dialog) EarlyMedia(ctx context.Context) error { return nil }

// Answer takes an incoming call (200).
func (d *Dialog) Answer(ctx context.Context) error { return nil }

// Reject is Hangup, under its name for calls not answered.
func (d *Dialog) Reject(ctx context.Context, h Hangup) error { return nil }

// Hangup ends the call: BYE, CANCEL or a final response. It returns when the far end was told, or ctx ended. Safe to repeat: the first
// counts.
func (d *Dialog) Hangup(ctx context.Context, h Hangup) error { return nil }

// Hold holds the far end (re-INVITE, sendonly) or takes it back.
func (d *Dialog) Hold(ctx context.Context, on bool) error { return nil }

// SendDTMF sends digits 0-9 A-D * # as telephone-events and returns when the last is sent.
func (d *Dialog) SendDTMF(ctx context.Context, digits string, each time.Duration) error { return nil }

// NotifyTransfer tells the far end, which asked for a transfer, how it goes: a SIP status; 200 and above end it.
func (d *Dialog) NotifyTransfer(ctx context.Context, status int, phrase string) error { return nil }

// Format is what the RTP carries now; it changes only with FormatChanged.
func (d *Dialog) Format() Format { return Format{} }

// OnRTP sets who receives the far end's audio packets; nil discards them.
func (d *Dialog) OnRTP(f func(*rtp.Packet)) {}

// WriteRTP sends a packet.
func (d *Dialog) WriteRTP(p *rtp.Packet) error { return nil }

// Stats are the counts since the start.
func (d *Dialog) Stats() Stats { return Stats{} }
