package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/fetch"
)

// Requests is an endpoint of requests that others have composed, each to its own place, and that nobody waits for: those of routing scripts. What is
// queued for it is made by NewRequest; it is told of no event, and is never parked, since one place that takes nothing says nothing about the
// others.
type Requests struct {
	// Open reads what Seal has made, which has secrets in it.
	Open func(sealed []byte) (fetch.Request, error)
}

// requestKind is what stands in the queue in place of an event's kind.
const requestKind bridge.EventKind = "script.request"

// sealed is the Event of such a notification.
type sealed struct {
	Version int              `json:"version"`
	Kind    bridge.EventKind `json:"kind"`
	At      time.Time        `json:"at"`
	Call    bridge.CallID    `json:"call,omitempty"`
	Request []byte           `json:"request"`
}

// NewRequest is a notification that is a request, sealed. The same key makes the same notification again, which is queued once.
func NewRequest(endpoint, key string, call bridge.CallID, request []byte) (Notification, error) {
	now := time.Now()
	body, err := json.Marshal(sealed{Version: bridge.EventVersion, Kind: requestKind, At: now, Call: call, Request: request})
	if err != nil {
		return Notification{}, fmt.Errorf("notify: %w", err)
	}
	// Of no call: what goes to one place does not wait for what goes to another.
	return Notification{ID: identify("request %q %q", endpoint, key), Endpoint: endpoint, Kind: requestKind, At: now, Event: body}, nil
}

func (q Requests) prepare() (sender, error) {
	if q.Open == nil {
		return nil, errors.New("want a way to open requests")
	}
	return q, nil
}

func (q Requests) try(*bridge.Report) error { return nil }

// send makes the request. What is refused for good is not asked again: a request that is wrong stays wrong.
func (q Requests) send(ctx context.Context, client *fetch.Client, d Delivery, _ *bridge.Report) error {
	var s sealed
	if err := json.Unmarshal(d.Event, &s); err != nil {
		return &failure{final: true, err: fmt.Errorf("read request: %w", err)}
	}
	r, err := q.Open(s.Request)
	if err != nil {
		return &failure{final: true, err: err}
	}
	answer, err := client.Do(ctx, r)
	if errors.Is(err, fetch.ErrElsewhere) || errors.Is(err, fetch.ErrRedirects) {
		return &failure{final: true, err: err}
	}
	if err != nil || answer.OK() {
		return err
	}
	f := refusal(answer.Status, fmt.Sprintf("%d %s", answer.Status, http.StatusText(answer.Status)), nil, nil)
	f.final = answer.Status < 500 && answer.Status != http.StatusRequestTimeout && answer.Status != http.StatusTooManyRequests
	f.after = asked(answer.Header, time.Now())
	return f
}
