package verto

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/pion/webrtc/v4"
)

// Options of a Server. Users is required; the zero value of everything else does.
type Options struct {
	// Users knows who may log in.
	Users Users

	// OnCall serves a call that a page makes, in a goroutine of its own. The context ends with the call. When OnCall returns the call is
	// hung up, if that has not happened. Nil: every call is refused (NO_ROUTE_DESTINATION).
	OnCall func(ctx context.Context, c *Call)

	// OnMessage takes what a user writes to somebody (verto.info with msg), outside of calls and in them. An error is told to the page,
	// as MessageError if it is one. Nil: messages are refused.
	OnMessage func(ctx context.Context, s *Session, m Message) error

	// OnType takes what a user types in a call for the far end to see at once (verto.info with txt), a character or a few at a time; it is
	// hostile. It must not block. Nil: it is ignored.
	OnType func(c *Call, chars string)

	// OnBroadcast takes what a page publishes (verto.broadcast) on a channel that it may broadcast to and that is no Array's. The data is
	// the page's own and hostile. It must not block. Nil: it is ignored, unless the page asks for it to be told to other pages.
	OnBroadcast func(s *Session, channel string, data json.RawMessage)

	// OnSession is told that a user's page has logged in (up) or has left for good. It must not block. Nil: nobody is told.
	OnSession func(s *Session, up bool)

	// Commands are what pages may ask for by jsapi, by name.
	Commands map[string]Command

	// Origins are the web pages that may connect, as browsers write them: "https://phone.example". A page from the server's own host may
	// always, and so may programs, which send no Origin. "*" lets everybody in.
	Origins []string

	// Plain lets pages of other machines connect without TLS. Browsers give no microphone to such pages.
	Plain bool

	// ClientAddress is where a request really comes from. Nil: as the connection says, which is a proxy if there is one.
	ClientAddress func(*http.Request) netip.Addr

	// ICEServers are STUN and TURN servers by which calls find more addresses of ours.
	ICEServers []webrtc.ICEServer

	// Media is asked before each call's connection is made, and may change its settings: network, ports, addresses. Leave is called when
	// the connection is closed; it may be nil. An error ends the call. Nil: pion's defaults.
	Media func(*webrtc.SettingEngine) (leave func(), err error)

	// Variables are the names of userVariables, of logins and calls, that Call.Variables may have; others are dropped.
	Variables []string

	Detach  time.Duration // how long an answered call waits for its page to come back; 0: 60 s
	Connect time.Duration // how long ICE and DTLS may take; 0: 15 s

	MaxSockets int // at once; 0: 10,000
	MaxCalls   int // of one user at once, ringing ones too; 0: 32

	Log *slog.Logger // nil: nothing is logged
}

// A Command does what a page asks for by jsapi, and returns what JSON can hold. The data is the page's own and hostile; it may be nil. A
// *CommandError is told to the page; any other error only says that the command failed.
type Command func(ctx context.Context, s *Session, data json.RawMessage) (any, error)

// Message is text for a person.
type Message struct {
	To   string // as the page writes it: a user, or a protocol and an address, "telegram+@ann"
	From string // our user's id
	Body string // hostile
	Call *Call  // in which it is written; nil: outside of calls
}

// Defaults and bounds.
const (
	defaultDetach  = time.Minute
	defaultConnect = 15 * time.Second
	defaultSockets = 10_000
	defaultCalls   = 32
)

func (o Options) withDefaults() Options {
	or(&o.Detach, defaultDetach)
	or(&o.Connect, defaultConnect)
	or(&o.MaxSockets, defaultSockets)
	or(&o.MaxCalls, defaultCalls)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// or gives an option that was not set its default.
func or[T comparable](option *T, value T) {
	var zero T
	if *option == zero {
		*option = value
	}
}
