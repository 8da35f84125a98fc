package notify

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers of a signed webhook (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
const (
	headerID        = "Webhook-Id"
	headerTimestamp = "Webhook-Timestamp"
	headerSignature = "Webhook-Signature"
)

// keyPrefix is what a key begins with, as people write it; it lets scanners find keys that have leaked.
const keyPrefix = "whsec_"

// How long a key may be, in bytes.
const (
	shortestKey = 24
	longestKey  = 64
)

// tolerance is how far the clocks of the two sides may be apart, or a message be delayed.
const tolerance = 5 * time.Minute

// Why a webhook is not believed.
var (
	ErrSignature = errors.New("webhook: no signature of a known key")
	ErrTimestamp = errors.New("webhook: signed too long ago, or in the future")
)

// errKey does not show the key.
var errKey = errors.New(`want a key of Standard Webhooks: "whsec_" and 24 to 64 random bytes as base64, such as echo whsec_$(openssl rand -base64 32) prints`)

// Key signs webhooks. Nothing prints it.
type Key struct{ secret []byte }

// ParseKey reads a key as people write it. The error does not show it.
func ParseKey(text string) (Key, error) {
	secret, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(text, keyPrefix))
	if err != nil || len(secret) < shortestKey || len(secret) > longestKey {
		return Key{}, errKey
	}
	return Key{secret}, nil
}

// String is stars.
func (Key) String() string { return "***" }

// GoString is stars.
func (Key) GoString() string { return "***" }

func (k Key) sign(id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, k.secret)
	fmt.Fprintf(mac, "%s.%s.%s", id, timestamp, body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// stamp adds to the header who sends what and when, with a signature by each of the keys: while one is replaced by another, receivers may know
// either.
func stamp(h http.Header, id string, at time.Time, body []byte, keys []Key) {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	h.Set(headerID, id)
	h.Set(headerTimestamp, timestamp)
	var signatures []string
	for _, k := range keys {
		signatures = append(signatures, k.sign(id, timestamp, body))
	}
	if len(signatures) > 0 {
		h.Set(headerSignature, strings.Join(signatures, " "))
	}
}

// Verify tells a receiver whether a webhook is to be believed: whether one of the keys has signed it, at most five minutes from now. The errors are
// ErrSignature and ErrTimestamp. A receiver should remember the ids of those five minutes, and do nothing twice.
func Verify(h http.Header, body []byte, now time.Time, keys ...Key) error {
	id, timestamp := h.Get(headerID), h.Get(headerTimestamp)
	for given := range strings.FieldsSeq(h.Get(headerSignature)) {
		for _, k := range keys {
			if hmac.Equal([]byte(given), []byte(k.sign(id, timestamp, body))) {
				return Timely(timestamp, now)
			}
		}
	}
	return ErrSignature
}

// Timely tells whether what was signed at a time, in seconds since 1970, is neither old nor of the future, by more than five minutes. The error is
// ErrTimestamp.
func Timely(timestamp string, now time.Time) error {
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > tolerance {
		return ErrTimestamp
	}
	return nil
}
