package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/fetch"
)

// Letters is an endpoint of letters that others have composed, and that nobody waits for: those of routing scripts. What is queued for it is made by
// NewLetter; it is told of no event, and is never parked, since a letter that is refused says nothing about the others.
type Letters struct{ Post *Post }

// letterKind is what stands in the queue in place of an event's kind.
const letterKind bridge.EventKind = "script.mail"

// posted is the Event of such a notification.
type posted struct {
	Version int              `json:"version"`
	Kind    bridge.EventKind `json:"kind"`
	At      time.Time        `json:"at"`
	Letter  Letter           `json:"letter"`
}

// NewLetter is a notification that is a letter. The same ID of the letter makes the same notification again, which is queued once.
func NewLetter(endpoint string, l Letter) (Notification, error) {
	id := identify("letter %q %q", endpoint, l.ID)
	body, err := json.Marshal(posted{Version: bridge.EventVersion, Kind: letterKind, At: l.At, Letter: l})
	if err != nil {
		return Notification{}, fmt.Errorf("notify: %w", err)
	}
	return Notification{ID: id, Endpoint: endpoint, Kind: letterKind, At: l.At, Event: body}, nil
}

func (q Letters) prepare() (sender, error) {
	if q.Post == nil {
		return nil, errors.New("want a mail server")
	}
	return q, nil
}

func (q Letters) try(*bridge.Report) error { return nil }

// send hands the letter to the server. What that refuses for good (RFC 5321 §4.2.1) is not tried again.
func (q Letters) send(ctx context.Context, _ *fetch.Client, d Delivery, _ *bridge.Report) error {
	var l posted
	if err := json.Unmarshal(d.Event, &l); err != nil {
		return &failure{final: true, err: fmt.Errorf("read letter: %w", err)}
	}
	about, err := q.Post.send(ctx, l.Letter)
	if f := (*failure)(nil); about && errors.As(err, &f) && f.status >= 500 {
		f.final = true
	}
	return err
}

// LetterID is the ID of a letter that is the only one of that key.
func LetterID(key string) string { return identify("letter %q", key) }
