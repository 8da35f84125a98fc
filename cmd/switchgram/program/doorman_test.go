package program

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"switchgram/bridge/live"
	"switchgram/bridge/stream"
	"switchgram/internal/tally"
)

const (
	shownToken = "a token that is long enough"
	signingKey = "It's a Secret to Everybody" // of GitHub's "Validating webhook deliveries"
	hubHeader  = "X-Hub-Signature-256"
)

// door is a doorman before a handler that says back what it is sent.
func door(t *testing.T) http.Handler {
	t.Helper()
	tokens, err := stream.NewTokens([]string{shownToken})
	if err != nil {
		t.Fatal(err)
	}
	signed, err := Signature{Form: usualForm}.signing(signingKey)
	if err != nil {
		t.Fatal(err)
	}
	d := &doorman{tokens: tokens, signed: signed, vain: tally.New(), log: slog.New(slog.DiscardHandler)}
	return d.before(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }))
}

// knock sends a body with a header from an address.
func knock(d http.Handler, from, header, value, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/call", strings.NewReader(body))
	r.RemoteAddr = from
	r.Header.Set(header, value)
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w
}

func TestWhatIsSignedIsLetIn(t *testing.T) {
	d := door(t)
	sign := func(key, body string) string {
		mac := hmac.New(sha256.New, []byte(key))
		_, _ = mac.Write([]byte(body))
		return hex.EncodeToString(mac.Sum(nil))
	}
	const right = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17" // as GitHub gives it for this body and key
	long := strings.Repeat("x", live.MostAsked+1)
	for _, c := range []struct {
		header, value, body string
		status              int
	}{
		{hubHeader, "sha256=" + right, "Hello, World!", http.StatusOK},
		{hubHeader, right, "Hello, World!", http.StatusOK},
		{hubHeader, strings.ToUpper(right), "Hello, World!", http.StatusOK},
		{hubHeader, sign(signingKey, ""), "", http.StatusOK},
		{"Authorization", "Bearer " + shownToken, "not signed", http.StatusOK},
		{hubHeader, right, "Hello, World", http.StatusUnauthorized},
		{hubHeader, sign("", "Hello, World!"), "Hello, World!", http.StatusUnauthorized},
		{hubHeader, "sha1=" + right, "Hello, World!", http.StatusUnauthorized},
		{hubHeader, right[:20], "Hello, World!", http.StatusUnauthorized},
		{hubHeader, "", "Hello, World!", http.StatusUnauthorized},
		{"X-Other", right, "Hello, World!", http.StatusUnauthorized},
		{hubHeader, sign(signingKey, long), long, http.StatusRequestEntityTooLarge},
	} {
		w := knock(d, "127.0.0.1:1", c.header, c.value, c.body)
		if w.Code != c.status || w.Code == http.StatusOK && w.Body.String() != c.body {
			t.Errorf("%s %.30s and %.20q: %d %.20q, want %d", c.header, c.value, c.body, w.Code, w.Body, c.status)
		}
	}
}

func TestWhoGuessesTokensWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := door(t)
		const stranger, proxy = "192.0.2.1:1000", "127.0.0.1:1000"
		status := func(from, token string) int { return knock(d, from, "Authorization", "Bearer "+token, "").Code }
		for range tally.MostOfAddress {
			if got := status(stranger, "guess"); got != http.StatusUnauthorized {
				t.Fatalf("a guess is answered %d", got)
			}
			status(proxy, "guess")
		}
		for from, want := range map[string]int{stranger: http.StatusTooManyRequests, "192.0.2.1:2": http.StatusTooManyRequests, "192.0.2.2:1000": http.StatusOK, proxy: http.StatusOK} {
			if got := status(from, shownToken); got != want {
				t.Errorf("the right token of %s is answered %d, want %d", from, got, want)
			}
		}
		time.Sleep(tally.Memory + time.Second)
		if got := status(stranger, shownToken); got != http.StatusOK {
			t.Errorf("later it is answered %d", got)
		}
	})
}
