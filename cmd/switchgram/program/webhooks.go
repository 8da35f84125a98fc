package program

import (
	"context"
	"net/http"
	"net/netip"

	"switchgram/bridge/stream"
)

// Webhooks is where web requests find the scripts that answer them; docs/routing.md explains.
type Webhooks struct {
	TokenWeb `yaml:",inline"`
}

// check reports what is wrong with the block.
func (w *Webhooks) check(say func(key, format string, args ...any)) {
	w.TokenWeb.check(say, "routes.webhooks.", tokenWords{
		missing: "where may others ask? Such as 127.0.0.1:8096", risk: "tokens are shown there", tokens: "in who asks, such as [{env: WEBHOOK_TOKEN}]",
	})
}

// openWebhooks listens for web requests that scripts answer, if there are to be any.
func (p *Program) openWebhooks() error {
	c := p.config.Routes.Webhooks
	if !c.Listen.IsValid() {
		return nil
	}
	shown, err := p.config.tokens("routes.webhooks.tokens", c.Tokens)
	if err != nil {
		return err
	}
	tokens, err := stream.NewTokens(shown)
	if err != nil {
		return p.config.wrong("routes.webhooks.tokens", err)
	}
	secure, err := serverTLS(c.Certificate, c.Key)
	if err != nil {
		return p.config.wrong("routes.webhooks.certificate", err)
	}
	p.routes.hooks, err = newWeb("webhooks of scripts", c.Listen, secure, admitting(tokens, p.routes.router.Webhooks(p.routeDomain())), p.log)
	return err
}

// admitting lets requests to a handler that show a token, which it does not see.
func admitting(tokens stream.Tokens, to http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !tokens.Shown(r) {
			w.Header().Set("WWW-Authenticate", "Bearer")
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		stream.HideToken(r)
		to.ServeHTTP(w, r)
	})
}

// serveWebhooks serves until ctx ends. Calls go on without it.
func (p *Program) serveWebhooks(ctx context.Context) {
	if p.routes == nil || p.routes.hooks == nil {
		return
	}
	p.log.Info("serving webhooks of scripts", "to", p.WebhooksAddr())
	if err := p.routes.hooks.run(ctx); err != nil {
		p.log.Error("scripts answer web requests no longer", "err", err)
	}
}

// WebhooksAddr is where scripts answer web requests; the zero value: nowhere.
func (p *Program) WebhooksAddr() netip.AddrPort {
	if p.routes == nil || p.routes.hooks == nil {
		return netip.AddrPort{}
	}
	return p.routes.hooks.addr()
}
