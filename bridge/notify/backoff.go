package notify

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// How often a notification is tried.
const (
	firstPause = 5 * time.Second // after the first failure; each next one is twice as long
	mostPause  = time.Hour
	giveUp     = 24 * time.Hour // after the first try
	mostAsked  = time.Hour      // that an endpoint can have us wait for it
)

// pause is how long to wait after so many failures: half of it certain and half by chance, so that those who failed together do not come back
// together.
func pause(failures int, most time.Duration) time.Duration {
	d := most
	if failures < 20 { // beyond which it would overflow, at some time
		d = min(firstPause<<max(failures-1, 0), most)
	}
	return d/2 + rand.N(d/2)
}

// asked is how long an endpoint asks us to wait (RFC 9110 §10.2.3): in seconds, or until a date. What makes no sense counts as nothing.
func asked(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	if seconds, err := strconv.ParseUint(text, 10, 32); err == nil {
		return min(time.Duration(seconds)*time.Second, mostAsked)
	}
	if at, err := http.ParseTime(text); err == nil {
		return min(max(at.Sub(now), 0), mostAsked)
	}
	return 0
}
