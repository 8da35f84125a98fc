package stream

import (
	"crypto/sha256"
	"crypto/subtle"
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
	case !s.o.Open && !s.knows(token(r)):
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

// knows tells whether a token is one of ours, in a time that says nothing about them.
func (s *Stream) knows(token string) bool {
	sum, known := sha256.Sum256([]byte(token)), 0
	for _, t := range s.tokens {
		known |= subtle.ConstantTimeCompare(sum[:], t[:])
	}
	return known == 1
}
