package bridge

import (
	"context"
	"time"

	"switchgram/bridge/media"
)

// LegID names a leg: the SIP Call-ID, or the Telegram call's id. Unique within the program's life.
type LegID string

// A Leg is one party's connection to a call; caller and callee differ by position, not by type. Whoever made the leg owns its
// sockets and goroutines; the call that handles it owns its Events and decides when it is hung up. All methods may be called
// at once.
type Leg interface {
	ID() LegID

	// Address is who is at the far end: tg:@ann, sip:1000.
	Address() Address

	// Party is what is known of the person at the far end.
	Party() Party

	// Events come in order. The leg closes the channel after its Ended event, which always comes. The channel has room for
	// every event a well-behaved call brings; a leg never blocks on it and ends itself when it is full.
	Events() <-chan LegEvent

	// Answer takes an incoming leg's call and returns when media runs, when the leg has ended, or when ctx ends. On a leg that
	// we dialled, or that is answered already, it does nothing.
	Answer(ctx context.Context) error

	// Hangup ends the leg with a cause that the far end's protocol can express. Safe to repeat: the first cause counts.
	// It returns when the far end was told, or ctx ended; Ended follows.
	Hangup(ctx context.Context, c Cause) error

	// Media is the leg's sound, the same value for the whole life of the leg.
	Media() media.Stream
}

// Further abilities of a leg, found by type assertion.
type (
	// Ringer tells an incoming leg's far end that somebody's telephone rings (SIP 180).
	Ringer interface {
		Ring(ctx context.Context) error
	}

	// EarlyHearer is a Ringer whose far end hears, once Ring has returned, what is written to the leg's sound, and makes no tone by itself: a
	// browser. Its format is known then.
	EarlyHearer interface{ HearsEarly() bool }

	// Refuser refuses an incoming leg and says when to try again (SIP 503 with Retry-After). It is Hangup otherwise.
	Refuser interface {
		Refuse(ctx context.Context, c Cause, retryAfter time.Duration) error
	}

	// DTMFSender sends digits 0-9 A-D * #, each of the given duration, and returns when the last is over or ctx ends. ErrNoDigits: the
	// far end does not take them so, and may be played tones.
	DTMFSender interface {
		SendDTMF(ctx context.Context, digits string, each time.Duration) error
	}

	// Keyed tells how digits travel in the leg's sound. Without it they do not.
	Keyed interface{ Keys() Keys }

	// Holder tells the far end that we hold it, or no longer do.
	Holder interface {
		Hold(ctx context.Context, on bool) error
	}

	// Referrer is told how a transfer goes that its far end has asked for (SIP REFER); the cause is of one that has failed.
	Referrer interface {
		Referred(ctx context.Context, progress TransferProgress, c Cause) error
	}

	// Owned tells which of our users has the leg: who has shown a password. Empty: nobody had to.
	Owned interface{ User() string }

	// Lined tells which line an incoming leg belongs to.
	Lined interface{ Line() string }

	// Describer adds what a table of calls shows of a leg: protocol version, candidate pair, codec.
	Describer interface{ Describe() Description }

	// Staged tells when a leg reached what its protocol alone sees: confirmation, signalling, ICE, DTLS, first packets. The other
	// stages are left zero.
	Staged interface{ Stages() Stages }
)

// Keys is how digits travel in a leg's sound.
type Keys struct {
	Tones  bool // the far end gets digits as tones, in place of SendDTMF
	Listen bool // tones of the far end are digits, while it has agreed on no telephone-events and says none otherwise
}

// Description is what a person reading a table of calls would like to know about a leg. Empty fields: not known or not yet.
type Description struct {
	Protocol string // of the leg: "13.0.0", "SIP/UDP", "SIP/TLS AEAD_AES_128_GCM"
	Path     string // how packets travel: "host-host", "relay-host"
}

// A Dialer makes outgoing legs of one address scheme.
type Dialer interface {
	// Dial starts a call to the address and returns before it is answered; what happens next are the leg's events. ctx bounds
	// Dial alone: a leg that has been returned ends by Hangup or by its far end.
	// An error means that no leg came to be; CauseOf tells its cause.
	Dial(ctx context.Context, to Address, o DialOptions) (Leg, error)
}

// DialOptions describe an outgoing leg. The zero value dials anonymously with every codec.
type DialOptions struct {
	Call    CallID       // for logs and headers
	Line    string       // name of the line that dials, or is dialled for
	From    Party        // who is calling, shown to the callee
	Caller  media.Format // what the caller's leg speaks, to be preferred; Codec NoCodec: unknown
	Timeout time.Duration

	// Fork is which of the telephones that a Forker's address stands for, from 0.
	Fork int

	// ID is what the leg is to be called, a UUID, and Show what else its far end may be told: see ConnectOptions. A dialer that cannot do that
	// does without.
	ID   string
	Show map[string]string

	// Replaces is a call of the callee's that this one is to replace: the value of SIP's Replaces (RFC 3891). Empty: none.
	Replaces string
}
