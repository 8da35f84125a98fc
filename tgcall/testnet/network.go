// Package testnet is a Telegram network of one data centre on loopback: real MTProto over real TCP, with accounts, logins, messages and the phone
// service, for tests and for the demo that a stranger runs. Nothing of it leaves the machine.
//
// Start makes a Network, AddUser an account on it. Any MTProto client can log in when it is told the address (DCList) and the key (PublicKey);
// User.Session gives one that is logged in already, and User.Phone a simulated person: a real gotd client with our own call engine.
//
// It implements what clients see of https://core.telegram.org/mtproto, https://core.telegram.org/api/auth, https://core.telegram.org/api/srp,
// https://core.telegram.org/api/qr-login, https://core.telegram.org/api/updates and https://core.telegram.org/api/end-to-end/voice-calls.
// A method it does not have is answered with an rpc_error, as Telegram would answer it.
//
// All methods of all types may be called concurrently.
package testnet

import (
	"context"
	"log/slog"
	"time"

	"github.com/gotd/td/session"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/dcs"
)

// Options say how the network behaves. The zero value is a perfect one, without TURN.
type Options struct {
	AppID   int    // the api_id that logins must show; 0: 17349
	AppHash string // the api_hash that goes with it; "": a fixed one

	LoginCode    string        // the code of every login; "": a new random one of five digits each time, read with Network.Code
	CodeLifetime time.Duration // after which a login code is PHONE_CODE_EXPIRED; 0: 5 minutes
	QRLifetime   time.Duration // of a token shown as a QR code; 0: 30 seconds

	ReceiveTimeout time.Duration // told in help.getConfig: a device of the callee must have answered; 0: 20 seconds
	RingTimeout    time.Duration // told in help.getConfig, and after which the network itself ends an unanswered call as missed; 0: 90 seconds

	// What happens to signalling data on its way, each blob by itself and drawn from Seed.
	Delay   time.Duration // added to every blob
	Loss    float64       // share that is lost, 0 to 1
	Reorder float64       // share that is held back for 20 to 60 ms more, so that later blobs overtake it, 0 to 1
	Seed    uint64        // two networks with the same seed lose the same blobs, as long as they are sent in the same order

	P2P              *bool  // p2p_allowed of every call; nil: true unless one of the two forbids it (User.ForbidP2P)
	TURN             bool   // run a STUN and TURN server on loopback and name it in every call, with credentials of that call only
	CustomParameters string // custom_parameters of every call, a JSON object; "": none

	Log *slog.Logger // nil: no log
}

// Network is the running network. Close ends it.
type Network struct{}

// Start listens on a free port of 127.0.0.1 and serves until Close, or until ctx ends.
func Start(ctx context.Context, o Options) (*Network, error) { return &Network{}, nil }

// Close disconnects everybody, ends every call silently and waits until all is gone. It is safe to repeat.
func (n *Network) Close() {}

// AddUser opens an account. Two users may not share a phone number, a username or an id: a second one is a mistake of the program, and panics.
func (n *Network) AddUser(o UserOptions) *User { return &User{} }

// AppID is the api_id that the network accepts.
func (n *Network) AppID() int { return 0 }

// AppHash is the api_hash that the network accepts.
func (n *Network) AppHash() string { return "" }

// DCList is where the network listens, for telegram.Options.
func (n *Network) DCList() dcs.List { return dcs.List{} }

// PublicKey is the key by which a client knows the network.
func (n *Network) PublicKey() telegram.PublicKey { return telegram.PublicKey{} }

// PublicKeyPEM is PublicKey for clients that are not gotd: PKCS #1, PEM.
func (n *Network) PublicKeyPEM() string { return "" }

// ClientOptions is all that a gotd client needs to find the network; the caller adds a session and handlers.
func (n *Network) ClientOptions() telegram.Options { return telegram.Options{} }

// Code is the login code last sent to phone, or "" if there is none that is still good.
func (n *Network) Code(phone string) string { return "" }

// ExpireCode makes the login code last sent to phone too old.
func (n *Network) ExpireCode(phone string) {}

// Flood makes the network answer method, such as "phone.requestCall", with FLOOD_WAIT until wait is over. A wait of 0 ends it.
func (n *Network) Flood(method string, wait time.Duration) {}

// Disconnect cuts every connection of u's devices. They may come back at once.
func (n *Network) Disconnect(u *User) {}

// UserOptions describe an account. Phone is the only one that must be given.
type UserOptions struct {
	Phone     string // digits, E.164 without "+"
	Username  string // without "@"
	FirstName string // "": Username, or the phone number
	LastName  string
	ID        int64  // 0: the next free one
	Password  string // two-step password; "": none
	HidePhone bool   // others neither see the number nor find the account by it
}

// User is an account on the network.
type User struct{}

// ID is the user id, the same for everybody who looks.
func (u *User) ID() int64 { return 0 }

// Phone number, digits only.
func (u *User) PhoneNumber() string { return "" }

// Username without "@", or "".
func (u *User) Username() string { return "" }

// Session is a new device of u, logged in already: hand it to a gotd client as its session storage. Every call makes another device.
func (u *User) Session(ctx context.Context) session.Storage { return &session.StorageMemory{} }

// Revoke logs every device of u out, as "terminate all other sessions" on another device would: their next request is refused with 401.
func (u *User) Revoke() {}

// ForbidCalls sets u's privacy: nobody may call, or everybody (the default).
func (u *User) ForbidCalls(on bool) {}

// ForbidP2P sets u's privacy: calls go through relays only.
func (u *User) ForbidP2P(on bool) {}

// Block makes u refuse calls and messages of other.
func (u *User) Block(other *User, on bool) {}
