package program

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"switchgram/bridge/fetch"
	"switchgram/bridge/line"
	"switchgram/bridge/notify"
)

// Notify says who is told of what happens; docs/events.md explains, docs/recipes has examples.
type Notify struct {
	Allow []netip.Prefix `yaml:"allow"` // networks that may be told though they are not public
	Zone  string         `yaml:"zone"`  // whose times people are told: Europe/Berlin; empty: this machine's
	To    []Notified     `yaml:"to"`
}

// Notified is an endpoint, and what it is told.
type Notified struct {
	Name       string   `yaml:"name"`
	Events     []string `yaml:"events"`
	Lines      []string `yaml:"lines"`      // empty: all
	Directions []string `yaml:"directions"` // in, out, inside; empty: all
	Parallel   int      `yaml:"parallel"`   // requests at once; 0: 4

	URL      string            `yaml:"url"`
	URLEnv   string            `yaml:"url_env"` // where the whole address is a secret
	URLFile  string            `yaml:"url_file"`
	Header   map[string]string `yaml:"header"`
	Keys     []SecretAt        `yaml:"keys"` // that sign, the newest first
	Unsigned bool              `yaml:"unsigned"`
	JSON     string            `yaml:"json"`
	Form     map[string]string `yaml:"form"`
	Escape   string            `yaml:"escape"`
	Secrets  []NamedSecret     `yaml:"secrets"`

	Mail Mail `yaml:"mail"` // in place of all these
}

// SecretAt says where a secret stands.
type SecretAt struct {
	Env  string `yaml:"env"`
	File string `yaml:"file"`
}

// NamedSecret is a secret that templates have by a name.
type NamedSecret struct {
	Name     string `yaml:"name"`
	SecretAt `yaml:",inline"`
}

// Mail is an endpoint that is told by e-mail.
type Mail struct {
	MailServer `yaml:",inline"` // empty: that of the configuration
	To         []string         `yaml:"to"`
	Subject    string           `yaml:"subject"`
	Text       string           `yaml:"text"`
}

// given tells whether the endpoint is one.
func (m Mail) given() bool { return m.Server != "" || len(m.To) > 0 }

// check reports what can be wrong without a look at secrets. server: there is one for mail.
func (n Notify) check(say func(key, format string, args ...any), lines []string, server bool) {
	if _, err := time.LoadLocation(n.Zone); err != nil {
		say("notify.zone", "%q: want a time zone, such as Europe/Berlin", n.Zone)
	}
	for i, to := range n.To {
		key := fmt.Sprintf("notify.to[%d].", i)
		for j, name := range to.Lines {
			if !slices.Contains(lines, name) {
				say(fmt.Sprintf("%slines[%d]", key, j), "%q: there is no such line", name)
			}
		}
		if by := to.URL + to.URLEnv + to.URLFile; (by == "") != to.Mail.given() {
			say(key+"url", "want one of url, url_env, url_file and mail")
		}
		if to.Mail.given() && to.Mail.Server == "" && !server {
			say(key+"mail.server", "missing, and so is mail.server, which is for all")
		}
	}
}

// files are the names of files in it.
func (n *Notify) files() (all []*string) {
	for i := range n.To {
		to := &n.To[i]
		all = append(all, &to.URLFile)
		all = append(all, to.Mail.files()...)
		for j := range to.Keys {
			all = append(all, &to.Keys[j].File)
		}
		for j := range to.Secrets {
			all = append(all, &to.Secrets[j].File)
		}
	}
	return all
}

// plan reads every secret, and tries every template.
func (n Notify) plan(c *Config, more ...notify.Subscription) (*notify.Plan, error) {
	zone, err := time.LoadLocation(n.Zone)
	if err != nil {
		return nil, c.wrong("notify.zone", err)
	}
	if n.Zone == "" {
		zone = time.Local
	}
	var all []notify.Subscription
	var wrong []error
	for i, to := range n.To {
		target, err := to.target(c, fmt.Sprintf("notify.to[%d].", i), zone)
		wrong = append(wrong, err)
		all = append(all, notify.Subscription{
			Name: to.Name, Events: to.Events, Lines: to.Lines, Directions: to.Directions, Parallel: to.Parallel, To: target,
		})
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	p, err := notify.NewPlan(append(all, more...))
	if at := (*notify.SubscriptionError)(nil); errors.As(err, &at) {
		return nil, c.wrong(fmt.Sprintf("notify.to[%d]", at.Index), at.Err)
	}
	return p, err
}

func (n Notified) target(c *Config, key string, zone *time.Location) (notify.Target, error) {
	if n.Mail.given() {
		return n.Mail.target(c, key+"mail.", zone)
	}
	h := notify.HTTP{
		URL: n.URL, Header: n.Header, Unsigned: n.Unsigned, JSON: n.JSON, Form: n.Form, Escape: n.Escape, Secrets: map[string]string{}, Zone: zone,
	}
	var wrong []error
	read := func(key string, at SecretAt) string {
		text, err := c.secret(key, line.SecretRef(at))
		wrong = append(wrong, err)
		return text
	}
	if n.URL == "" {
		h.URL = read(key+"url", SecretAt{n.URLEnv, n.URLFile})
	}
	for i, at := range n.Keys {
		h.Keys = append(h.Keys, read(fmt.Sprintf("%skeys[%d]", key, i), at))
	}
	for i, s := range n.Secrets {
		h.Secrets[s.Name] = read(fmt.Sprintf("%ssecrets[%d]", key, i), s.SecretAt)
	}
	return h, errors.Join(wrong...)
}

func (m Mail) target(c *Config, key string, zone *time.Location) (notify.Target, error) {
	if m.Server == "" {
		m.MailServer, key = c.Mail, "mail."
	}
	at, err := m.MailServer.at(c, key)
	return notify.Mail{MailServer: at, To: m.To, Subject: m.Subject, Text: m.Text, Zone: zone}, err
}

// fetching is how endpoints are reached.
func (n Notify) fetching(scripts Routes) fetch.Options {
	return fetch.Options{Allow: append(slices.Clone(n.Allow), scripts.Allow...)}
}

// NewNotifier makes what delivers the configuration's notifications out of a queue. o.Plan, if it is nil, o.Queue and o.Fetch are filled in.
func (c *Config) NewNotifier(q notify.Queue, o notify.Options) (_ *notify.Notifier, err error) {
	if o.Plan == nil {
		if o.Plan, err = c.Notify.plan(c); err != nil {
			return nil, err
		}
	}
	o.Queue, o.Fetch = q, c.Notify.fetching(c.Routes)
	return notify.New(o)
}

// errNotifyStore: notifications are kept with the records of calls.
var errNotifyStore = errors.New("notifications are kept in the store; it cannot be none")

// planNotifications says which events become notifications, if anybody is to be told.
func (p *Program) planNotifications() (err error) {
	scripts := p.routes.subscriptions()
	if len(p.config.Notify.To)+len(scripts) > 0 {
		p.plan, err = p.config.Notify.plan(p.config, scripts...)
	}
	return err
}

// openNotifier makes what delivers notifications, if anybody is to be told.
func (p *Program) openNotifier() (err error) {
	m := p.metrics
	switch {
	case p.plan == nil:
		return nil
	case p.store == nil:
		return p.config.wrong("notify", errNotifyStore)
	}
	o := notify.Options{Plan: p.plan, Log: p.log}
	if m != nil {
		tries := m.counters("notifications_total", "Tries to deliver a notification, by what became of it.", "endpoint", "result")
		o.Tried = func(endpoint string, became notify.State) { tries.WithLabelValues(endpoint, string(became)).Inc() }
	}
	if p.notifier, err = p.config.NewNotifier(p.store, o); err != nil || m == nil {
		return err
	}
	for _, s := range p.notifier.Endpoints() {
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Namespace: namespace, Name: "endpoint_parked", Help: "1 if an endpoint of notifications takes nothing, and is only tried now and then.",
			ConstLabels: prometheus.Labels{"endpoint": s.Endpoint},
		}, func() float64 { return number(p.parked(s.Endpoint)) }))
	}
	return nil
}

func (p *Program) parked(endpoint string) bool {
	return slices.ContainsFunc(p.notifier.Endpoints(), func(s notify.Status) bool { return s.Endpoint == endpoint && s.Parked })
}

// Notified says how every endpoint of notifications stands.
func (p *Program) Notified() []notify.Status {
	if p.notifier == nil {
		return nil
	}
	return p.notifier.Endpoints()
}

// deliver delivers notifications until ctx ends.
func (p *Program) deliver(ctx context.Context) {
	if p.notifier == nil {
		return
	}
	if err := p.notifier.Run(ctx); err != nil {
		p.log.Error("notifications are delivered no longer", "err", err)
	}
}
