package program

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"switchgram/bridge/live"
	"switchgram/bridge/stream"
	"switchgram/internal/tally"
)

// doorman lets web requests in that show a token or are signed.
type doorman struct {
	tokens stream.Tokens
	signed *signing     // nil: nobody signs
	vain   *tally.Tally // requests, by address
	log    *slog.Logger
}

// before has a handler get the requests that are let in, without their tokens. Who fails too often waits, but not this machine: a proxy on it would
// be all who come by it.
func (d *doorman) before(to http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at, _ := netip.ParseAddrPort(r.RemoteAddr) // the zero address is one, too
		from := at.Addr().Unmap()
		if d.vain.Banned(from) {
			w.Header().Set("Retry-After", strconv.Itoa(int(tally.Memory.Seconds())))
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		if status := d.refuses(r); status != 0 {
			d.refused(from)
			if status == http.StatusUnauthorized {
				w.Header().Set("WWW-Authenticate", "Bearer")
			}
			w.WriteHeader(status)
			return
		}
		stream.HideToken(r)
		to.ServeHTTP(w, r)
	})
}

// refused notes who was not let in.
func (d *doorman) refused(from netip.Addr) {
	if from.IsLoopback() {
		return
	}
	if d.vain.Failed(tally.Address(from)); d.vain.Banned(from) {
		d.log.Warn("webhooks: too many wrong tokens", "from", from, "dur", tally.Memory)
	}
}

// refuses is the status with which a request is not let in; 0: it is.
func (d *doorman) refuses(r *http.Request) int {
	if d.tokens.Shown(r) {
		return 0
	}
	if d.signed == nil || r.Header.Get(d.signed.header) == "" {
		return http.StatusUnauthorized
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, live.MostAsked+1))
	switch {
	case err != nil:
		return http.StatusBadRequest
	case len(body) > live.MostAsked:
		return http.StatusRequestEntityTooLarge
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if !d.signed.right(r.Header, body, time.Now()) {
		return http.StatusUnauthorized
	}
	return 0
}
