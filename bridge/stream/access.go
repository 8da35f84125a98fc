package stream

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// admit looks whether a request may be answered, and answers it if it may not.
func (s *Stream) admit(w http.ResponseWriter, r *http.Request) bool {
	h := w.Header()
	h.Add("Vary", "Origin")
	if origin := r.Header.Get("Origin"); slices.Contains(s.o.Origins, origin) {
		h.Set("Access-Control-Allow-Origin", origin)
	}
	switch {
	case r.Method == http.MethodOptions: // a browser asks whether a page may (fetch.spec.whatwg.org, "CORS-preflight fetch"), without a token
		h.Set("Access-Control-Allow-Methods", http.MethodGet)
		h.Set("Access-Control-Allow-Headers", "Authorization, Cache-Control, "+lastEventID)
		w.WriteHeader(http.StatusNoContent)
	case r.Method != http.MethodGet:
		h.Set("Allow", "GET, OPTIONS")
		refuse(w, http.StatusMethodNotAllowed, "want GET")
	case !s.o.Open && !s.tokens.Shown(r):
		h.Set("WWW-Authenticate", "Bearer")
		refuse(w, http.StatusUnauthorized, "want a token: Authorization: Bearer ...")
	default:
		return true
	}
	return false
}

func refuse(w http.ResponseWriter, status int, why string) {
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, why, status)
}

// Tokens are what those show who may ask. Make them with NewTokens.
type Tokens [][sha256.Size]byte

// NewTokens takes tokens, each of which has 16 characters or more.
func NewTokens(all []string) (known Tokens, err error) {
	for _, token := range all {
		if len(token) < leastToken {
			return nil, fmt.Errorf("stream: a token has %d characters or more", leastToken)
		}
		known = append(known, sha256.Sum256([]byte(token)))
	}
	return known, nil
}

// Shown tells whether a request shows a token of these, as Options.Tokens says, in a time that says nothing about them.
func (t Tokens) Shown(r *http.Request) bool {
	sum, known := sha256.Sum256([]byte(token(r))), 0
	for _, one := range t {
		known |= subtle.ConstantTimeCompare(sum[:], one[:])
	}
	return known == 1
}

// HideToken takes what a request has shown out of it, before others see it.
func HideToken(r *http.Request) {
	r.Header.Del("Authorization")
	q := r.URL.Query()
	q.Del(tokenParameter)
	r.URL.RawQuery = q.Encode()
}

// token is what the request shows; empty: nothing.
func token(r *http.Request) string {
	if scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(token)
	}
	if len(r.URL.RawQuery) > mostQuery {
		return ""
	}
	q, _ := url.ParseQuery(r.URL.RawQuery) // what cannot be read has no token
	return q.Get(tokenParameter)
}
