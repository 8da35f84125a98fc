// Package account keeps one Telegram account connected: it logs in (code, two-step password, QR), keeps the session sealed on disk,
// reconnects, hands updates on in wire order, finds people by number, name or id, and respects Telegram's flood waits.
//
// The main type is Account. New starts nothing; Run connects and, once the account is known to be logged in, calls a function with the
// live Session, whose methods may all be called concurrently. Everything Run started is gone when it returns.
//
// It stands on gotd and implements what https://core.telegram.org/api/auth, /api/srp, /api/qr-login, /api/updates and
// /api/contacts ask of a client.
package account

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/gotd/td/session"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/dcs"
)

// Options say which account, and how it presents itself. AppID, AppHash and Session are required.
type Options struct {
	AppID   int    // api_id of https://my.telegram.org
	AppHash string // api_hash, its secret half

	Session session.Storage // where the authorisation is kept, see NewFileSession; one account, one storage
	Peers   PeerStore       // access hashes of the people met; nil: in memory, forgotten at exit
	Ledger  *Ledger         // how far updates were read, and Telegram's waits; nil: in memory, forgotten at exit
	Device  Device          // what the owner sees under "Active sessions"

	// ImportContacts adds a number to the account's contacts when Telegram does not find it otherwise, looks at the answer, and
	// removes it again. Off by default: it may tell the other person that we have the number.
	ImportContacts bool
	// Fresh is how long a username or number stays resolved without asking Telegram again. 0: three days.
	Fresh time.Duration
	// Silence is how long nothing may come from Telegram before we ask whether it is still there; without an answer in half that time we
	// connect again. 0: 20 seconds, so that a dead connection lasts half a minute at most.
	Silence time.Duration

	// OnState is told what becomes of the connection, in order, by one goroutine at a time. It must not block.
	OnState func(State)
	// OnMissed is told of calls that were missed because the account was not connected, in order. It must not block.
	OnMissed func(Missed)

	// Another network than Telegram's own, for tests and the demo. Zero values mean Telegram's.
	DC         int                  // data centre to begin with; 0: 2
	DCList     dcs.List             // addresses of the data centres
	PublicKeys []telegram.PublicKey // the network's RSA keys
	Resolver   dcs.Resolver         // how to reach a data centre, also through a proxy; nil: plain TCP

	Log *slog.Logger // nil: discard
}

// Device is how the account's owner sees this program in the list of active sessions.
type Device struct {
	Model   string // "Switchgram" if empty
	System  string // operating system; empty: Go's name of it
	Version string // of the program; empty: "1.0"
}

// Account is one Telegram account. Only one of Run, LoginCode and LoginQR can be active at a time; the others fail with ErrBusy.
type Account struct {
	o      Options
	log    *slog.Logger
	budget *budget
	busy   atomic.Bool
}

// New checks the options and returns an Account. It starts nothing and reads nothing.
func New(o Options) (*Account, error) {
	switch {
	case o.AppID == 0:
		return nil, errors.New("account: AppID is missing; https://my.telegram.org gives one")
	case o.AppHash == "":
		return nil, errors.New("account: AppHash is missing; https://my.telegram.org gives one")
	case o.Session == nil:
		return nil, errors.New("account: Session is missing: where is the login kept?")
	case o.Fresh < 0 || o.Silence < 0:
		return nil, fmt.Errorf("account: Fresh %v or Silence %v is negative", o.Fresh, o.Silence)
	}
	o.complete()
	return &Account{o: o, log: o.Log, budget: &budget{o.Ledger, o.Log}}, nil
}

func (o *Options) complete() {
	o.Fresh = cmp.Or(o.Fresh, 72*time.Hour)
	o.Silence = cmp.Or(o.Silence, 20*time.Second)
	if o.Peers == nil {
		o.Peers = NewMemoryPeers()
	}
	if o.Ledger == nil {
		o.Ledger = NewLedger()
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.OnState == nil {
		o.OnState = func(State) {}
	}
	if o.OnMissed == nil {
		o.OnMissed = func(Missed) {}
	}
}
