package notify

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"
	"time"

	"switchgram/bridge"
)

// Notification is one event that one endpoint is to be told. It is kept where its event is kept, before anything is sent.
type Notification struct {
	ID       string           // the same in every try, and for nothing else: "msg_" and 32 letters and digits
	Endpoint string           // name of the Subscription
	Call     bridge.CallID    // an endpoint hears of the events of one call in their order; empty: the event is of no call
	Kind     bridge.EventKind // of the event
	At       time.Time        // when it happened
	Event    []byte           // JSON as docs/events.md has it. It is what names the people, and has no secrets
}

// newNotification tells an endpoint of an event. The same event makes the same notification again.
func newNotification(endpoint string, ev bridge.Event, body []byte) Notification {
	id := identify("%q %q %d %q %q", endpoint, ev.Call, ev.At.UnixNano(), ev.Kind, body)
	return Notification{ID: id, Endpoint: endpoint, Call: ev.Call, Kind: ev.Kind, At: ev.At, Event: body}
}

// identify makes an ID of what makes a notification the same.
func identify(format string, args ...any) string {
	sum := sha256.Sum256(fmt.Appendf(nil, format, args...))
	return "msg_" + strings.ToLower(base32.HexEncoding.EncodeToString(sum[:20]))
}

// State is what became of a notification.
type State string

// The states.
const (
	Waiting   State = "waiting"   // for its first try, or another one
	Delivered State = "delivered" // the endpoint said that it has it
	Dead      State = "dead"      // given up; it can be replayed
)

// Delivery is a notification on its way.
type Delivery struct {
	Notification
	Seq      int64 // grows with each notification that is queued; the order of those of a call
	State    State
	Attempts int       // so far, since it was queued or replayed
	First    time.Time // when the first of them ended; zero: there was none
	Next     time.Time // not before then the next; of use while it waits
	Status   int       // that the endpoint answered last: of HTTP or SMTP; 0: none
	Err      string    // why the last try failed; has no secrets
}

// Result is what became of a Delivery by a try: all that has changed of it.
type Result struct {
	Seq      int64
	State    State
	Attempts int
	First    time.Time
	Next     time.Time
	Status   int
	Err      string
}

// Filter chooses deliveries. Fields that are zero choose all.
type Filter struct {
	ID       string
	Endpoint string
	Call     bridge.CallID
	State    State
	Limit    int // at most so many, the newest; 0: 1000
}

// Queue keeps notifications; package bridge/store has one. Its methods may be called at once. What it has returned it keeps no hold of.
type Queue interface {
	// Due returns what an endpoint is to be told now: of every call (and of every event without a call) the first that waits, if its Next is not
	// after now; those whose Next is earliest come first, then by Seq; at most limit. With it comes the earliest Next, after now, of those first
	// ones that are not due; zero if there are none. What is returned stays Waiting until it is settled, and is returned again.
	Due(ctx context.Context, endpoint string, now time.Time, limit int) (due []Delivery, next time.Time, err error)

	// Settle writes what became of deliveries, all or nothing. Those that are not there any more, or do not wait any more, are passed over. What
	// is Delivered may be forgotten.
	Settle(ctx context.Context, results []Result) error

	// List returns what the filter chooses, in the order of Seq.
	List(ctx context.Context, f Filter) ([]Delivery, error)

	// Replay lets what the filter chooses and is Dead, or Delivered and still there, wait again: without attempts, to be tried at now, with its ID
	// and Seq. It returns how many those were.
	Replay(ctx context.Context, f Filter, now time.Time) (int, error)
}
