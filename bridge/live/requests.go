package live

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"switchgram/bridge"
	"switchgram/bridge/fetch"
	"switchgram/bridge/notify"
	"switchgram/bridge/route"
)

// RequestsEndpoint is what the requests of scripts are queued for that nobody waits for.
const RequestsEndpoint = "scripts"

// Requests puts such requests into the queue of notifications, sealed: they have secrets in them.
type Requests struct {
	seal cipher.AEAD
	put  func(notify.Notification) error
}

var _ route.Queue = (*Requests)(nil)

// NewRequests makes Requests with a key of 16, 24 or 32 bytes; put returns when a notification is on disk.
func NewRequests(key []byte, put func(notify.Notification) error) (*Requests, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("requests of scripts: %w", err)
	}
	seal, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("requests of scripts: %w", err)
	}
	return &Requests{seal, put}, nil
}

// Subscription is to be part of the notifier's plan.
func (q *Requests) Subscription() notify.Subscription {
	return notify.Subscription{Name: RequestsEndpoint, Parallel: 64, To: notify.Requests{Open: q.Open}}
}

// Enqueue implements route.Queue.
func (q *Requests) Enqueue(_ context.Context, key string, r fetch.Request) error {
	plain, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("request of a script: %w", err)
	}
	nonce := make([]byte, q.seal.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return fmt.Errorf("request of a script: %w", err)
	}
	call, _, _ := strings.Cut(key, " ")
	n, err := notify.NewRequest(RequestsEndpoint, key, bridge.CallID(call), q.seal.Seal(nonce, nonce, plain, nil))
	if err != nil {
		return err
	}
	return q.put(n)
}

var errSeal = errors.New("request of a script: sealed with another key, or damaged")

// Open reads what Enqueue has sealed.
func (q *Requests) Open(sealed []byte) (r fetch.Request, err error) {
	n := q.seal.NonceSize()
	if len(sealed) < n {
		return r, errSeal
	}
	plain, err := q.seal.Open(nil, sealed[:n], sealed[n:], nil)
	if err != nil {
		return r, errSeal
	}
	if err := json.Unmarshal(plain, &r); err != nil {
		return r, fmt.Errorf("request of a script: %w", err)
	}
	return r, nil
}
