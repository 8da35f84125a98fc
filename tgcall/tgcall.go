// Package tgcall places and takes Telegram's voice calls between two people. It does the exchange with Telegram's servers (who
// calls whom, the Diffie–Hellman key, the list of relays, the end), hands the key to package engine, which makes the media, and
// gives and takes raw Opus as RTP packets.
//
// The main types are Client, one for each Telegram account, and Call. All methods of both may be called at once. A Client needs
// Run to be running, and the account's updates in wire order (Handle).
//
// It implements https://core.telegram.org/api/end-to-end/voice-calls.
package tgcall

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/gotd/td/tg"

	"switchgram/tgcall/engine/port"
	"switchgram/tgcall/signal"
)

// Options of a Client. Self is required.
type Options struct {
	Self int64 // our own user id

	// OnCall is told of every incoming call that rings here, in a goroutine of its own, with a context that ends with the call.
	// It may keep the Call after it has returned; but a call nobody has answered by then is declined. It must return when ctx
	// has ended. Nil: incoming calls are left to the account's other devices.
	OnCall func(ctx context.Context, c *Call)

	Versions []string // library versions to advertise, best first; nil: signal.Supported. Unknown ones are left out
	// MaxCalls is how many calls there may be at once, in both directions; more are told that we are busy. 0: no limit.
	//
	// Two who call each other at the same moment make two calls, as between Telegram's apps: an account that has room rings, so
	// that one of the two calls comes about even though the other side's app, being in a call, says busy to ours; with one
	// call allowed on both sides, both say busy, and both calls end.
	MaxCalls int

	Engine   EngineOptions // for the media
	DHCache  *DHCache      // checked primes, may be shared by clients; nil: one of its own
	Timeouts Timeouts
	Journal  Journal      // of live calls, so that none outlives a crash; nil: none is kept
	Log      *slog.Logger // nil: nothing is logged
}

// EngineOptions go to the media engine of every call.
type EngineOptions struct {
	Port      port.Joiner // for the media of all calls, such as a running *port.Port; nil: each call has sockets of its own
	Loopback  bool        // for tests and the demo: use loopback addresses, and only these
	RelayOnly bool        // never tell the peer our own addresses
}

// discardTimeout is how long the other side's knowing of the end is waited for.
const discardTimeout = 5 * time.Second

func (o *Options) complete() {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.DHCache == nil {
		o.DHCache = NewDHCache()
	}
	versions := slices.DeleteFunc(slices.Clone(o.Versions), func(v string) bool { return !signal.Known(v) })
	if len(versions) < len(o.Versions) {
		o.Log.Warn("telegram call versions left out, as they are unknown", "versions", o.Versions)
	}
	o.Versions = versions
	if len(versions) == 0 {
		o.Versions = signal.Supported()
	}
}

// Peer is the person at the other end, as far as Telegram has told us. All but the id may be missing, and the texts are the
// person's own: whoever shows them escapes them.
type Peer struct {
	ID         int64
	AccessHash int64  // lets our account, and no other, address the person
	Username   string // without "@"
	Phone      string // digits, without "+"
	FirstName  string
	LastName   string
}

// peerOf reads a user; the zero Peer with its id if nothing is known.
func peerOf(id int64, u *tg.User) Peer {
	p := Peer{ID: id}
	if u == nil {
		return p
	}
	if !u.Min { // the hash of a "min" user works only with a message at hand (core.telegram.org/api/min)
		p.AccessHash = u.AccessHash
	}
	p.Username, p.Phone, p.FirstName, p.LastName = usernameOf(u), u.Phone, u.FirstName, u.LastName
	return p
}

// usernameOf is the only username, or the first active of several.
func usernameOf(u *tg.User) string {
	if u.Username != "" {
		return u.Username
	}
	for _, n := range u.Usernames {
		if n.Active {
			return n.Username
		}
	}
	return ""
}
