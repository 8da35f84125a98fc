package program

import (
	"context"
	"log/slog"
	"net/netip"

	"switchgram/bridge/stream"
	"switchgram/internal/tally"
)

// Webhooks is where web requests find the scripts that answer them; docs/routing.md explains.
type Webhooks struct {
	TokenWeb  `yaml:",inline"`
	Signature Signature `yaml:"signature"`
}

// check reports what is wrong with the block.
func (w *Webhooks) check(say func(key, format string, args ...any)) {
	w.TokenWeb.check(say, "routes.webhooks.", tokenWords{
		missing: "where may others ask? Such as 127.0.0.1:8096", risk: "tokens are shown there", tokens: "in who asks, such as [{env: WEBHOOK_TOKEN}]",
		without: w.Signature != (Signature{}),
	})
	w.Signature.check(say)
}

// files are the names of files in it.
func (w *Webhooks) files() []*string { return append(w.TokenWeb.files(), &w.Signature.SecretFile) }

// openWebhooks listens for web requests that scripts answer, if there are to be any.
func (p *Program) openWebhooks() error {
	c := p.config.Routes.Webhooks
	if !c.Listen.IsValid() {
		return nil
	}
	guarded, err := p.config.doorman(&c, p.log)
	if err != nil {
		return err
	}
	secure, err := serverTLS(c.Certificate, c.Key)
	if err != nil {
		return p.config.wrong("routes.webhooks.certificate", err)
	}
	p.routes.hooks, err = newWeb("webhooks of scripts", c.Listen, secure, guarded.before(p.routes.router.Webhooks(p.routeDomain())), p.log)
	return err
}

// doorman lets in who may ask.
func (c *Config) doorman(w *Webhooks, log *slog.Logger) (*doorman, error) {
	d := &doorman{vain: tally.New(), log: log}
	shown, err := c.tokens("routes.webhooks.tokens", w.Tokens)
	if err != nil {
		return nil, err
	}
	if d.tokens, err = stream.NewTokens(shown); err != nil {
		return nil, c.wrong("routes.webhooks.tokens", err)
	}
	if w.Signature == (Signature{}) {
		return d, nil
	}
	secret, err := c.secret("routes.webhooks.signature.secret", w.Signature.secret())
	if err != nil {
		return nil, err
	}
	if d.signed, err = w.Signature.signing(secret); err != nil {
		return nil, c.wrong("routes.webhooks.signature", err)
	}
	return d, nil
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
