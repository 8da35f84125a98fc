package sip

import (
	"fmt"

	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

// maxStale is how often a registrar may call our nonce stale before we believe that it just does not like us.
const maxStale = 3

// credentials answer the challenges of one request and its repetitions (RFC 3261 §22, RFC 7616).
type credentials struct {
	user, password string
	answered       int // challenges
}

// authorize puts the answer to the response's challenge into the request, which is then to be sent again with the next CSeq. A second
// challenge that does not call the nonce stale means that the password is wrong: ErrAuth.
func (c *credentials) authorize(req *sip.Request, res *sip.Response) error {
	asks, answers := "WWW-Authenticate", "Authorization"
	if res.StatusCode == sip.StatusProxyAuthRequired {
		asks, answers = "Proxy-Authenticate", "Proxy-Authorization"
	}
	challenge, err := pickChallenge(res.GetHeaders(asks))
	if err != nil {
		return fmt.Errorf("%d %s: %w", res.StatusCode, clean(res.Reason, maxPhrase), err)
	}
	if c.password == "" || c.answered > 0 && (!challenge.Stale || c.answered >= maxStale) {
		return fmt.Errorf("%w: realm %q, user %q", ErrAuth, clean(challenge.Realm, maxPhrase), c.user)
	}
	c.answered++
	answer, err := digest.Digest(challenge, digest.Options{Method: req.Method.String(), URI: req.Recipient.String(),
		Username: c.user, Password: c.password})
	if err != nil {
		return fmt.Errorf("answer challenge: %w", err)
	}
	req.RemoveHeader(answers)
	req.AppendHeader(sip.NewHeader(answers, answer.String()))
	return nil
}

// pickChallenge takes the first that we can answer: the server lists them as it prefers them (RFC 8760 §2.4).
func pickChallenge(headers []sip.Header) (*digest.Challenge, error) {
	err := fmt.Errorf("no digest challenge")
	for _, h := range headers {
		challenge, perr := digest.ParseChallenge(h.Value())
		switch {
		case perr != nil:
			err = perr
		case !isLine(challenge.Realm + challenge.Nonce + challenge.Opaque):
			err = fmt.Errorf("challenge with control characters")
		case !digest.CanDigest(challenge):
			err = fmt.Errorf("challenge with algorithm %q, want MD5 or SHA-256", clean(challenge.Algorithm, 20))
		default:
			return challenge, nil
		}
	}
	return nil, err
}

func isChallenge(res *sip.Response) bool {
	return res.StatusCode == sip.StatusUnauthorized || res.StatusCode == sip.StatusProxyAuthRequired
}
