package sip

import (
	"context"
	"errors"
	"fmt"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

// asIs sends a request as we have built it.
func asIs(*sipgo.Client, *sip.Request) error { return nil }

// begin starts a client transaction along the path.
func (a *Agent) begin(ctx context.Context, req *sip.Request, p path) (sip.ClientTransaction, error) {
	a.dress(req, p)
	tx, err := a.client.TransactionRequest(ctx, req, asIs)
	if err != nil {
		return nil, fmt.Errorf("send %s to %s: %w: %w", req.Method, p.to, ErrTransport, err)
	}
	return tx, nil
}

// exchange sends a request other than INVITE and returns its final response.
func (a *Agent) exchange(ctx context.Context, req *sip.Request, p path) (*sip.Response, error) {
	tx, err := a.begin(ctx, req, p)
	if err != nil {
		return nil, err
	}
	defer tx.Terminate()
	return final(ctx, tx)
}

// final waits for a transaction's final response.
func final(ctx context.Context, tx sip.ClientTransaction) (*sip.Response, error) {
	for {
		select {
		case res := <-tx.Responses():
			if !res.IsProvisional() {
				return res, nil
			}
		case <-tx.Done():
			return nil, ended(tx)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// ended says in our words why a transaction ended without a final response.
func ended(tx sip.ClientTransaction) error {
	if err := tx.Err(); errors.Is(err, sip.ErrTransactionTransport) {
		return fmt.Errorf("%w: %w", ErrTransport, err)
	}
	return ErrTimeout
}

// statusError makes an error of a final response other than 2xx.
func statusError(res *sip.Response) *StatusError {
	cause, _ := parseReason(values(res, "Reason"))
	return &StatusError{Code: res.StatusCode, Text: clean(res.Reason, maxPhrase), Cause: cause}
}

// values are those of all header fields of a name.
func values(m sip.Message, name string) (all []string) {
	for _, h := range m.GetHeaders(name) {
		all = append(all, h.Value())
	}
	return all
}

// value is that of the first header field of a name.
func value(m sip.Message, name string) string {
	if h := m.GetHeaders(name); len(h) > 0 {
		return h[0].Value()
	}
	return ""
}

// either is the value under a header's name or its compact form.
func either(m sip.Message, name, compact string) string {
	if v := value(m, name); v != "" {
		return v
	}
	return value(m, compact)
}

func tagOf(p sip.HeaderParams) string {
	tag, _ := p.Get("tag")
	return tag
}
