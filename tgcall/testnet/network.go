// Package testnet is a Telegram network of one or more data centres on loopback: real MTProto over real TCP, with accounts, logins, messages and the phone
// service, for tests and for the demo that a stranger runs. Nothing of it leaves the machine.
//
// Start makes a Network, AddUser an account on it. Any MTProto client can log in when it is told the address (DCList) and the key (PublicKey);
// User.Session gives one that is logged in already, and User.Phone a simulated person: a real gotd client with our own call engine.
//
// It implements what clients see of https://core.telegram.org/mtproto, https://core.telegram.org/api/auth, https://core.telegram.org/api/srp,
// https://core.telegram.org/api/qr-login, https://core.telegram.org/api/updates and https://core.telegram.org/api/end-to-end/voice-calls.
// A method it does not have is answered with an rpc_error, as Telegram would answer it. It speaks layer 228 of the API, and 227 to clients that
// ask for an older one; there are people only, no groups, channels or files, and nothing is kept when the process ends.
//
// All methods of all types may be called concurrently.
package testnet

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/dcs"

	"switchgram/tgcall"
	"switchgram/tgcall/testnet/mtproto"
	"switchgram/tgcall/testnet/reflectors"
)

// Options say how the network behaves. The zero value is a perfect one, without TURN.
type Options struct {
	AppID   int    // the api_id that logins must show; 0: 17349
	AppHash string // the api_hash that goes with it; "": a fixed one
	DCs     []int  // numbers of the data centres, with 2 among them; nil: 2 alone

	LoginCode    string        // the code of every login; "": a new random one of five digits each time, read with Network.Code
	CodeLifetime time.Duration // after which a login code is PHONE_CODE_EXPIRED; 0: 5 minutes
	QRLifetime   time.Duration // of a token shown as a QR code; 0: 30 seconds

	ReceiveTimeout time.Duration // told in help.getConfig: a device of the callee must have answered; 0: 20 seconds
	RingTimeout    time.Duration // told in help.getConfig, and after which the network itself ends an unanswered call as missed; 0: 90 seconds
	ConnectTimeout time.Duration // told in help.getConfig: media must run; 0: 30 seconds
	PacketTimeout  time.Duration // told in help.getConfig, for engines from before 2020; 0: 10 seconds

	// What happens to signalling data on its way, each blob by itself and drawn from Seed.
	Delay   time.Duration // added to every blob
	Loss    float64       // share that is lost, 0 to 1
	Reorder float64       // share that is held back for 20 to 60 ms more, so that later blobs overtake it, 0 to 1
	Seed    uint64        // two networks with the same seed lose the same blobs, as long as they are sent in the same order

	P2P              *bool  // p2p_allowed of every call; nil: true unless one of the two forbids it (User.ForbidP2P)
	TURN             bool   // run a STUN and TURN server on loopback and name it in every call, with credentials of that call only
	ReflectorTCP     bool   // calls reach the reflector over TCP instead of UDP
	CustomParameters string // custom_parameters of every call, a JSON object; "": none
	WantsReport      bool   // asks after every call for a rating and for debug data (need_rating, need_debug)

	Reflector *reflectors.Options // run a relay of Telegram's own kind on loopback and name it in every call; nil: none

	Log *slog.Logger // nil: no log
}

func (o *Options) complete() {
	if o.DCs == nil {
		o.DCs = []int{firstDC}
	}
	def(&o.AppID, 17349)
	def(&o.AppHash, "344583e45741c457fe1862106095a5eb")
	def(&o.CodeLifetime, 5*time.Minute)
	def(&o.QRLifetime, 30*time.Second)
	def(&o.ReceiveTimeout, 20*time.Second)
	def(&o.RingTimeout, 90*time.Second)
	def(&o.ConnectTimeout, 30*time.Second)
	def(&o.PacketTimeout, 10*time.Second)
	def(&o.Log, slog.New(slog.DiscardHandler))
}

// def sets what was left out.
func def[T comparable](field *T, v T) {
	var zero T
	if *field == zero {
		*field = v
	}
}

// Network is the running network. Close ends it.
type Network struct {
	o       Options
	log     *slog.Logger
	centres []*centre
	key     *rsa.PrivateKey
	secret  []byte // makes access hashes
	methods map[uint32]method
	names   map[uint32]string
	courier *courier
	relay   *relay // nil: no TURN
	phones  phones

	reflector *reflectors.Server // nil: none
	dhCache   *tgcall.DHCache    // of all phones: checking the prime takes long

	cancel context.CancelFunc
	tasks  sync.WaitGroup

	mu      sync.Mutex // everything below, and all that users, devices and calls hold
	users   map[int64]*User
	byPhone map[string]*User
	byName  map[string]*User // lower case
	lastID  int64
	devices map[mtproto.KeyID]*device
	codes   map[string]*loginCode // by phone_code_hash
	tokens  map[string]*loginToken
	tickets map[string]exported
	calls   callTable
	faults  faults
}

// Start listens on a free port of 127.0.0.1 and serves until Close, or until ctx ends and every Phone has hung up.
func Start(ctx context.Context, o Options) (*Network, error) {
	o.complete()
	key, err := newKey()
	if err != nil {
		return nil, fmt.Errorf("telegram network: %w", err)
	}
	n := &Network{o: o, log: o.Log, key: key, secret: make([]byte, 32), methods: methods(), names: methodNames(), courier: newCourier(), phones: newPhones(), dhCache: tgcall.NewDHCache(),
		users: map[int64]*User{}, byPhone: map[string]*User{}, byName: map[string]*User{}, lastID: firstUserID - 1,
		devices: map[mtproto.KeyID]*device{}, codes: map[string]*loginCode{}, tokens: map[string]*loginToken{}, tickets: map[string]exported{},
		calls: newCallTable(o.Seed), faults: newFaults()}
	_, _ = rand.Read(n.secret) // never fails: crypto/rand
	if err := n.listen(ctx); err != nil {
		return nil, fmt.Errorf("telegram network: %w", err)
	}
	return n, nil
}

// firstUserID of accounts that do not ask for a number.
const firstUserID = 1001

// listen opens the sockets and starts the network's goroutines.
func (n *Network) listen(until context.Context) error {
	ctx, cancel := context.WithCancel(context.WithoutCancel(until))
	n.cancel = cancel
	sockets, err := n.openCentres()
	if err == nil && n.o.TURN {
		n.relay, err = startRelay(n.log)
	}
	if err == nil {
		err = n.startReflector(ctx)
	}
	if err != nil {
		n.cancel()
		n.relay.close()
		for _, l := range sockets {
			_ = l.Close()
		}
		return err
	}
	n.tasks.Go(func() { n.courier.run(ctx) })
	for i, c := range n.centres {
		n.tasks.Go(func() { n.serve(ctx, c, sockets[i]) })
	}
	n.tasks.Go(func() {
		<-ctx.Done()
		n.relay.close()
	})
	n.tasks.Go(func() {
		select {
		case <-until.Done():
			n.phones.close() // a phone whose network has gone cannot hang up any more, and tries for seconds
			n.cancel()
		case <-ctx.Done():
		}
	})
	return nil
}

// Close closes every Phone, disconnects everybody else and waits until all is gone. It is safe to repeat.
func (n *Network) Close() {
	n.phones.close()
	n.cancel()
	n.tasks.Wait()
}

// AppID is the api_id that the network accepts.
func (n *Network) AppID() int { return n.o.AppID }

// AppHash is the api_hash that the network accepts.
func (n *Network) AppHash() string { return n.o.AppHash }

// DCList is where the network listens, for telegram.Options.
func (n *Network) DCList() dcs.List {
	return dcs.List{Options: n.dcOptions()}
}

// PublicKey is the key by which a client knows the network.
func (n *Network) PublicKey() telegram.PublicKey { return n.centres[0].srv.PublicKey() }

// PublicKeyPEM is PublicKey for clients that are not gotd: PKCS #1 in PEM.
func (n *Network) PublicKeyPEM() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: x509.MarshalPKCS1PublicKey(&n.key.PublicKey)}))
}

// ClientOptions is all that a gotd client needs to find the network; the caller adds a session and handlers.
func (n *Network) ClientOptions() telegram.Options {
	return telegram.Options{DC: firstDC, DCList: n.DCList(), PublicKeys: []telegram.PublicKey{n.PublicKey()}, Resolver: dcs.Plain(dcs.PlainOptions{})}
}
