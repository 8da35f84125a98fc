package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/pion/transport/v4"

	"switchgram/tgcall/engine/internal/path"
	"switchgram/tgcall/engine/port"
	"switchgram/tgcall/reflector"
	"switchgram/tgcall/signal"
)

// Server is one entry of the list of servers that Telegram gives for a call. One whose Username is "reflector" is one of
// Telegram's own relays, its Password the call's tag there in hexadecimal digits.
type Server struct {
	ID                 int    // by which candidates name a reflector, from 1; of no meaning for the others
	Host               string // IP address or name
	Port               int    // 0 is a reflector's usual one
	Username, Password string
	TURN               bool // relays packets (RFC 8656); otherwise it only tells our address (RFC 8489)
	TCP                bool // reached over TCP: reflectors only, others are not used then
}

// Config describes one call.
type Config struct {
	Version          string          // library version both sides agreed on: 13.0.0, 12.0.0, 9.0.0, 8.0.0 or 7.0.0
	Key              []byte          // of the call, 256 bytes
	Outgoing         bool            // we are the caller
	P2P              bool            // direct paths are allowed; otherwise relays only, so that neither side learns an address
	Servers          []Server        // STUN, TURN and reflectors; all are tried at once, with the direct paths
	CustomParameters json.RawMessage // JSON object of phoneCall.custom_parameters; empty: none
	Muted            bool            // start with the microphone closed
	Log              *slog.Logger    // nil: nothing is logged

	// Send carries a signalling blob to the peer, as phone.sendSignalingData does. It is called from one goroutine, in order,
	// with a context that ends with Run. An error loses the blob, which versions 8 and later repeat; one that is
	// ErrSignalling ends Run.
	Send func(ctx context.Context, blob []byte) error

	Port      port.Joiner // for the media, such as a running *port.Port that others share; nil: the call has sockets of its own
	Loopback  bool        // for tests and the demo: use loopback addresses, and only these
	RelayOnly bool        // as if P2P were false: never tell the peer our own addresses

	NoMedia time.Duration // without a connection, at the start or later, until ErrNoMedia; 0: 20 s, as Telegram's engine

	timing timing        // zero: as Telegram's engine
	net    transport.Net // in tests, without Port; nil: the machine's
}

// timing is how fast the engine loses patience. Tests are in more of a hurry.
type timing struct {
	tick      time.Duration // how often everything below is looked at
	offer     time.Duration // a callee waits for the caller's offer
	goodbye   time.Duration // from the peer's close until ErrPeerClosed: its discard may be on the way
	silence   time.Duration // of a peer whose microphone is open, until the path is asked
	tell      time.Duration // between two messages about our microphone
	reflector time.Duration // from the peer's setup on, for its port at a reflector
	path      path.Timing
}

func (t timing) orDefault() timing {
	for _, f := range []struct {
		v   *time.Duration
		def time.Duration
	}{
		{&t.tick, 200 * time.Millisecond}, {&t.offer, 5 * time.Second},
		{&t.goodbye, 2 * time.Second}, {&t.tell, time.Second}, {&t.silence, 500 * time.Millisecond},
		{&t.reflector, 200 * time.Millisecond},
	} {
		if *f.v == 0 {
			*f.v = f.def
		}
	}
	return t
}

// check names what is wrong.
func (c *Config) check() error {
	switch {
	case !signal.Known(c.Version):
		return fmt.Errorf("library version %.40q is not supported", c.Version)
	case len(c.Key) != signal.KeySize:
		return fmt.Errorf("call key has %d bytes, not %d", len(c.Key), signal.KeySize)
	case c.Send == nil:
		return errors.New("no function to send signalling with")
	case c.NoMedia < 0:
		return fmt.Errorf("%s without a connection is no time to come", c.NoMedia)
	}
	for i, s := range c.Servers {
		if s.Host == "" {
			return fmt.Errorf("server %d: no host", i)
		}
		if s.Port < 0 || s.Port > 65535 || s.Port == 0 && !s.reflector() {
			return fmt.Errorf("server %d: port %d", i, s.Port)
		}
	}
	return nil
}

func (c *Config) relayOnly() bool { return c.RelayOnly || !c.P2P }

func (s Server) reflector() bool { return s.Username == "reflector" }

// usable are the STUN and TURN servers the path can use.
func (c *Config) usable(log *slog.Logger) (all []path.Server) {
	for _, s := range c.Servers {
		switch {
		case s.reflector():
		case s.TCP:
			log.Debug("server over TCP not used", "host", s.Host)
		case s.TURN && (s.Username == "" || s.Password == ""):
			log.Debug("TURN server without credentials not used", "host", s.Host)
		default:
			all = append(all, path.Server{Host: s.Host, Port: s.Port, Username: s.Username, Password: s.Password, TURN: s.TURN})
		}
	}
	return all
}

// reflectors are those the path can use.
func (c *Config) reflectors(log *slog.Logger) (all []reflector.Server) {
	for _, s := range c.Servers {
		if !s.reflector() {
			continue
		}
		tag, err := reflector.ParsePeerTag(s.Password)
		if err != nil {
			log.Warn("reflector not used", "id", s.ID, "err", err)
			continue
		}
		all = append(all, reflector.Server{ID: s.ID, Host: s.Host, Port: s.Port, PeerTag: tag, TCP: s.TCP})
	}
	return all
}
