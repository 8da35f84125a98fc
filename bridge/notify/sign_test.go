package notify

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

func key(t testing.TB, text string) Key {
	t.Helper()
	k, err := ParseKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

const (
	oldKey = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	newKey = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
)

// TestSignaturesAreThoseOfStandardWebhooks uses the example of the libraries of standard-webhooks.
func TestSignaturesAreThoseOfStandardWebhooks(t *testing.T) {
	got := key(t, oldKey).sign("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("signed %s, want %s", got, want)
	}
}

func TestAReceiverBelievesEitherKeyWhileOneReplacesTheOther(t *testing.T) {
	now, body := time.Unix(1_800_000_000, 0), []byte(`{"kind":"call.missed"}`)
	h := http.Header{}
	stamp(h, "msg_1", now, body, []Key{key(t, newKey), key(t, oldKey)})
	for _, k := range []string{newKey, oldKey} {
		if err := Verify(h, body, now.Add(time.Minute), key(t, k)); err != nil {
			t.Errorf("%v", err)
		}
	}
	if err := Verify(h, body, now, key(t, "whsec_"+strings.Repeat("A", 32))); !errors.Is(err, ErrSignature) {
		t.Errorf("a stranger's key: %v", err)
	}
}

func TestWhatWasChangedOrIsOldIsNotBelieved(t *testing.T) {
	now, body := time.Unix(1_800_000_000, 0), []byte(`{}`)
	for name, c := range map[string]struct {
		change func(http.Header)
		body   string
		at     time.Time
		want   error
	}{
		"another body":  {func(http.Header) {}, `{"a":1}`, now, ErrSignature},
		"another id":    {func(h http.Header) { h.Set("webhook-id", "msg_2") }, `{}`, now, ErrSignature},
		"another time":  {func(h http.Header) { h.Set("webhook-timestamp", "1800000001") }, `{}`, now, ErrSignature},
		"no signature":  {func(h http.Header) { h.Del("webhook-signature") }, `{}`, now, ErrSignature},
		"a replay":      {func(http.Header) {}, `{}`, now.Add(time.Hour), ErrTimestamp},
		"of the future": {func(http.Header) {}, `{}`, now.Add(-time.Hour), ErrTimestamp},
	} {
		t.Run(name, func(t *testing.T) {
			h := http.Header{}
			stamp(h, "msg_1", now, body, []Key{key(t, oldKey)})
			c.change(h)
			if err := Verify(h, []byte(c.body), c.at, key(t, oldKey)); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestKeysAreNeverPrinted(t *testing.T) {
	k := key(t, oldKey)
	if got := fmt.Sprintf("%v %+v %#v %s", k, k, k, k); got != "*** *** *** ***" {
		t.Errorf("printed %q", got)
	}
	for _, wrong := range []string{"", "whsec_", "secret words", "whsec_c2hvcnQ=", "whsec_" + strings.Repeat("A", 100)} {
		if _, err := ParseKey(wrong); err == nil || wrong != "" && wrong != "whsec_" && strings.Contains(err.Error(), wrong) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

func FuzzVerify(f *testing.F) {
	f.Add("msg_1", "1800000000", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", []byte("{}"))
	f.Add("", "", "v1, v1,,", []byte{0xff})
	f.Fuzz(func(t *testing.T, id, timestamp, signature string, body []byte) {
		h := http.Header{"Webhook-Id": {id}, "Webhook-Timestamp": {timestamp}, "Webhook-Signature": {signature}}
		if Verify(h, body, time.Unix(1_800_000_000, 0), key(t, newKey)) == nil {
			t.Error("a guess was believed")
		}
	})
}
