package engine

import (
	"context"
	"encoding/json"
	"log/slog"
)

// Server is one entry of the list of servers that Telegram gives for a call.
type Server struct {
	ID                 int    // counts reflectors; of no meaning for the others
	Host               string // IP address or name
	Port               int
	Username, Password string
	TURN               bool // relays packets (RFC 8656); otherwise it only tells our address (RFC 8489)
	TCP                bool // reached over TCP; not used
}

// Config describes one call.
type Config struct {
	Version          string          // library version both sides agreed on: 13.0.0, 12.0.0, 9.0.0, 8.0.0 or 7.0.0
	Key              []byte          // of the call, 256 bytes
	Outgoing         bool            // we are the caller
	P2P              bool            // direct paths are allowed; otherwise relays only, so that neither side learns an address
	Servers          []Server        // STUN and TURN
	CustomParameters json.RawMessage // JSON object of phoneCall.custom_parameters; empty: none
	Muted            bool            // start with the microphone closed
	Log              *slog.Logger    // nil: nothing is logged

	// Send carries a signalling blob to the peer, as phone.sendSignalingData does. It is called from one goroutine, in order,
	// with a context that ends with Run. An error loses the blob, which versions 8 and later repeat; one that is
	// ErrSignalling ends Run.
	Send func(ctx context.Context, blob []byte) error

	Loopback  bool // for tests and the demo: use loopback addresses, and only these
	RelayOnly bool // as if P2P were false: never tell the peer our own addresses
}
