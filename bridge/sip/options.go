package sip

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"time"

	"switchgram/bridge/sip/sdp"
)

// Options describe an Agent. One of UDP, TCP and TLS must be set; everything else has a useful zero value.
type Options struct {
	UDP string // address to listen on, "127.0.0.1:5060"; port 0: any; empty: no UDP
	TCP string // the same for TCP
	TLS string // the same for TLS, which needs a certificate in TLSConfig

	// TLSConfig is for connections by TLS in both directions. Nil: whoever we connect to needs a certificate for the name in its URI,
	// from an authority that the system trusts. Far ends can be connected to by TCP and TLS without an address to listen on: their
	// calls come by the same connection then.
	TLSConfig *tls.Config

	// Advertise is the address that Via, Contact and SDP show. The zero value: the local address towards each peer.
	Advertise netip.Addr

	RTP PortRange // ports for RTP; the zero value: any free ones
	// ShareRTP lets all dialogs share the first free pair of ports of RTP: two holes in a firewall, and less work for a packet. Then
	// sound is heard only from where a far end has said that it is, or where it alone can be; Agent.Strays counts the rest.
	ShareRTP bool
	RTPOf    *Agent       // whose ports for RTP are this agent's too, if they are shared; it runs for as long as this one. Nil: none
	RTPAddrs []netip.Addr // local addresses for RTP, one of each family at least; nil: those that the agent listens on

	Codecs    []sdp.Codec // what is offered and accepted, best first; nil: Opus, G722, PCMU, PCMA
	UserAgent string      // of the User-Agent header; empty: "switchgram"
	MaxCalls  int         // dialogs at once, in both directions; more are refused with 503; 0: 1000

	// SessionExpires is the session timer that calls ask for (RFC 4028): whoever refreshes it sends something so often, and a call
	// whose far end does not answer ends. 90 s or more; 0: none is asked for, and one that the far end asks for is kept.
	SessionExpires time.Duration

	// OnInvite takes an incoming call, on a goroutine of its own. ctx ends with the dialog. A dialog that is neither answered nor
	// rejected when OnInvite returns is rejected with 480. Nil: every call is refused with 480.
	OnInvite func(ctx context.Context, d *Dialog)

	// Who may call: registrars (while Register keeps us registered there), these networks, and users who know a password. Users
	// returns the secret of a user name; nil: nobody has one. It may be called concurrently. Users may register, too, and are then
	// found by Agent.Bindings: for MaxExpires at most (0: an hour), and no shorter than MinExpires (0: a minute). By UDP from behind
	// a NAT it is a minute at most, which keeps the way there open.
	Allow      []netip.Prefix
	Users      func(user string) (Secret, bool)
	MinExpires time.Duration
	MaxExpires time.Duration
	Realm      string // of digest authentication; empty: "switchgram"
	// Algorithms of digest authentication asked for, best first; nil: SHA-256 and MD5 (RFC 8760).
	Algorithms []string

	Log *slog.Logger // nil: none
}

// PortRange is an inclusive range of UDP ports. RTP takes the even ones, RTCP the odd ones above them; a range of two may begin with an
// odd one.
type PortRange struct{ Low, High uint16 }

// Secret is what authenticates a user: the password, or the digests H(user:realm:password) of RFC 7616 §3.4.2 in hexadecimal. A
// digest is used in place of the password; Digest makes one.
type Secret struct {
	Password string
	MD5      string
	SHA256   string
}

// Registration says where and as whom to register.
type Registration struct {
	Registrar string // URI of the registrar: "sip:pbx.example.org", "sip:127.0.0.1:5060;transport=tcp"
	Proxy     string // that everything for the registrar goes through: URI or "host:port"; may be empty
	User      string // user part of the address of record and of our Contact: what the registrar will call
	Domain    string // of the address of record; empty: the registrar's host
	AuthUser  string // empty: User
	Password  string
	Expires   time.Duration // asked for; 0: 5 minutes

	// Again says that the registrar may have come back, or forgotten us: it is asked at once, and often for the next 15 s. Nil: nobody says so.
	Again <-chan struct{}

	// OnState is told of every change, from one goroutine at a time; it must not block. Nil: nobody is.
	OnState func(RegistrationState)
}

// RegistrationState is where a registration stands.
type RegistrationState struct {
	Registered bool
	Expires    time.Duration // granted by the registrar, if Registered
	Retry      time.Duration // until the next request to the registrar; 0 at the end
	Err        error         // why it is not registered; ErrAuth, *StatusError, ErrTimeout and so on; nil at the end
}

// Invite describes a call to place.
type Invite struct {
	To       string   // URI to call: "sip:1000@127.0.0.1:5060;transport=tcp"; UserURI makes one of untrusted text
	Binding  *Binding // of a user who has registered with us: where To is; Proxy is not used then
	Proxy    string   // to send to in place of To's host: URI or "host:port"; may be empty
	FromUser string   // who calls, any text; empty: "anonymous"
	FromName string   // display name, any text; may be empty
	Domain   string   // of From; empty: To's host
	Contact  string   // user part of our Contact; empty: FromUser
	CallID   string   // empty: a random UUID. FreeSWITCH can take it for the channel's UUID
	Headers  []Header

	AuthUser string // for 401 and 407; empty: FromUser
	Password string // empty: such a challenge refuses the call

	Codecs []sdp.Codec // offered, best first; nil: the agent's
	DTMF   DTMF        // how digits travel
	SRTP   sdp.SRTP    // whether the sound is encrypted
}

// Header is a SIP header field.
type Header struct{ Name, Value string }

// Hangup says how to end or refuse a call. The zero value is a normal end: BYE with cause 16, or 480 before the answer.
type Hangup struct {
	Status     int           // of the final response to an unanswered incoming call, 300 to 699; 0: 480
	Phrase     string        // of that response; empty: the status's usual one
	Q850       int           // for the Reason header; 0: none
	Text       string        // for the Reason header
	RetryAfter time.Duration // for the Retry-After header; 0: none
	Warning    string        // for the Warning header of that response (RFC 3261 §20.43); empty: none
}

// complete fills in what was left out, and refuses what cannot be.
func (o *Options) complete() error {
	o.fill()
	switch c := o.TLSConfig; {
	case o.UDP == "" && o.TCP == "" && o.TLS == "":
		return errors.New("no address to listen on")
	case o.TLS != "" && len(c.Certificates) == 0 && c.GetCertificate == nil && c.GetConfigForClient == nil:
		return errors.New("tls: no certificate")
	case o.SessionExpires != 0 && o.SessionExpires < leastInterval:
		return fmt.Errorf("session timer of %s: want %s or more", o.SessionExpires, leastInterval)
	case o.MinExpires < time.Second || o.MaxExpires < o.MinExpires:
		return fmt.Errorf("registrations of %s to %s", o.MinExpires, o.MaxExpires)
	case !isLine(o.UserAgent) || !isLine(o.Realm):
		return fmt.Errorf("user agent %q, realm %q: control characters", o.UserAgent, o.Realm)
	}
	for _, algorithm := range o.Algorithms {
		if _, err := hashOf(algorithm); err != nil {
			return err
		}
	}
	return checkCodecs(o.Codecs)
}

func (o *Options) fill() {
	if o.TLSConfig == nil {
		o.TLSConfig = &tls.Config{}
	}
	if o.Codecs == nil {
		o.Codecs = []sdp.Codec{sdp.Opus, sdp.G722, sdp.PCMU, sdp.PCMA}
	}
	if o.Algorithms == nil {
		o.Algorithms = []string{"SHA-256", "MD5"}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.MinExpires, o.MaxExpires = cmp.Or(o.MinExpires, expiresShort), cmp.Or(o.MaxExpires, expiresMost)
	o.UserAgent, o.Realm = cmp.Or(o.UserAgent, "switchgram"), cmp.Or(o.Realm, "switchgram")
	o.MaxCalls = cmp.Or(o.MaxCalls, 1000)
}

func checkCodecs(codecs []sdp.Codec) error {
	for i, c := range codecs {
		if !c.Known() || slices.Contains(codecs[:i], c) {
			return fmt.Errorf("codecs %v: unknown or repeated %s", codecs, c)
		}
	}
	if len(codecs) == 0 {
		return errors.New("no codecs")
	}
	return nil
}
