package program

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"switchgram/bridge/line"
	"switchgram/bridge/notify"
)

// Signature is how those show who they are who cannot show a token: by the HMAC-SHA256 of what they send.
type Signature struct {
	Form       string `yaml:"form"`   // github, slack, stripe, or standard, which is that of our own webhooks; empty: github
	Header     string `yaml:"header"` // that has it; empty: the form's
	SecretEnv  string `yaml:"secret_env"`
	SecretFile string `yaml:"secret_file"`
}

func (s Signature) secret() line.SecretRef {
	return line.SecretRef{Env: s.SecretEnv, File: s.SecretFile}
}

const (
	usualForm    = "github"
	standardForm = "standard"
)

// check reports what is wrong with the block.
func (s Signature) check(say func(key, format string, args ...any)) {
	const key = "routes.webhooks.signature"
	_, known := forms[cmp.Or(s.Form, usualForm)]
	switch {
	case s == (Signature{}):
	case !known && s.Form != standardForm:
		say(key, "form %q: want %s or %s", s.Form, strings.Join(slices.Sorted(maps.Keys(forms)), ", "), standardForm)
	case s.Form == standardForm && s.Header != "":
		say(key, "header: the form %s has its own", standardForm)
	case (s.SecretEnv == "") == (s.SecretFile == ""):
		say(key, "want secret_env or secret_file, such as {form: slack, secret_env: SLACK_SIGNING_SECRET}")
	}
}

// signing is how others sign.
type signing struct {
	header string // without which a request is not signed
	right  func(h http.Header, body []byte, now time.Time) bool
}

// leastSecret is how many characters a secret has that web requests are signed with, as tokens have.
const leastSecret = 16

// signing is how others sign with a secret.
func (s Signature) signing(secret string) (*signing, error) {
	if s.Form == standardForm {
		key, err := notify.ParseKey(secret)
		return &signing{"Webhook-Signature", func(h http.Header, body []byte, now time.Time) bool { return notify.Verify(h, body, now, key) == nil }}, err
	}
	if len(secret) < leastSecret {
		return nil, fmt.Errorf("a secret has %d characters or more", leastSecret)
	}
	f := forms[cmp.Or(s.Form, usualForm)]
	header := cmp.Or(s.Header, f.header)
	return &signing{header, func(h http.Header, body []byte, now time.Time) bool {
		c := f.read(h.Get(header), h)
		return c.timely(now) && c.by(secret, body)
	}}, nil
}

// form is how somebody signs: in which header, and what that says.
type form struct {
	header string
	read   func(value string, all http.Header) claim
}

// forms are those of which people have secrets: docs.github.com, Validating webhook deliveries; docs.slack.dev, Verifying requests from Slack;
// docs.stripe.com, Verify webhook signatures manually.
var forms = map[string]form{
	usualForm: {"X-Hub-Signature-256", func(value string, _ http.Header) claim {
		return claim{signatures: []string{strings.TrimPrefix(value, "sha256=")}, timeless: true}
	}},
	"slack": {"X-Slack-Signature", func(value string, all http.Header) claim {
		at := all.Get("X-Slack-Request-Timestamp")
		return claim{signatures: []string{strings.TrimPrefix(value, "v0=")}, at: at, before: "v0:" + at + ":"}
	}},
	"stripe": {"Stripe-Signature", func(value string, _ http.Header) claim {
		all := map[string][]string{}
		for part := range strings.SplitSeq(value, ",") {
			name, text, _ := strings.Cut(part, "=")
			all[name] = append(all[name], text)
		}
		at := strings.Join(all["t"], " ") // of several none is meant
		return claim{signatures: all["v1"], at: at, before: at + "."}
	}},
}

// claim is what a signature says.
type claim struct {
	signatures []string // in hexadecimal; one is to be right
	before     string   // what is signed, followed by the body
	at         string   // when that was, in seconds since 1970
	timeless   bool     // nobody says when
}

func (c claim) timely(now time.Time) bool { return c.timeless || notify.Timely(c.at, now) == nil }

// by tells whether it was signed with a secret.
func (c claim) by(secret string, body []byte) bool {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write(append([]byte(c.before), body...)) // never fails
	sum := mac.Sum(nil)
	return slices.ContainsFunc(c.signatures, func(s string) bool {
		given, err := hex.DecodeString(s)
		return err == nil && hmac.Equal(given, sum)
	})
}
