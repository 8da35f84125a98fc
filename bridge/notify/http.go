package notify

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"text/template"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/fetch"
)

// HTTP is an endpoint that is told by a POST request; any status from 200 to 299 says that it has it. Redirects are failures.
//
// Without JSON and Form it is a webhook: the body is the event, as docs/events.md has it, and is signed. JSON and Form are templates of
// text/template about a bridge.Report, with the functions secret, clock and span. Whatever an action prints is cleaned of what is not text to be
// seen, escaped as Escape says, and once more for JSON or a form: templates need no functions for that.
type HTTP struct {
	URL    string            // may have {{secret "name"}}
	Header map[string]string // likewise

	Keys     []string // that sign, the newest first: "whsec_..."
	Unsigned bool     // of a webhook: it is to have no signature

	JSON    string            // a template that makes JSON, with actions in its strings only
	Form    map[string]string // templates of fields; those that come out empty are left out
	Escape  string            // what the destination makes of texts: text, html, or mrkdwn, which is Slack's; empty: text
	Secrets map[string]string // by name
	Zone    *time.Location    // of clock; nil: this machine's
}

var errUnsigned = errors.New("a webhook wants a key to be signed with, or to be called unsigned")

// post is an HTTP endpoint that is ready for use.
type post struct {
	url     string
	header  http.Header
	keys    []Key
	stamped bool
	json    *template.Template
	form    map[string]*template.Template
	hidden  map[string]string
}

// prepare checks the endpoint.
func (h HTTP) prepare() (sender, error) {
	webhook := h.JSON == "" && len(h.Form) == 0
	if webhook && len(h.Keys) == 0 && !h.Unsigned {
		return nil, errUnsigned
	}
	if h.JSON != "" && len(h.Form) > 0 {
		return nil, errors.New("want json or form, not both")
	}
	if h.Unsigned && len(h.Keys) > 0 {
		return nil, errors.New("there are keys, and it is called unsigned; want one of the two")
	}
	p := &post{stamped: webhook || len(h.Keys) > 0, form: map[string]*template.Template{}, hidden: map[string]string{}}
	for _, prepare := range []func(*post) error{h.address, h.headers, h.signed, h.body} {
		if err := prepare(p); err != nil {
			return nil, err
		}
	}
	for name, s := range h.Secrets {
		p.hidden["secret "+name] = s
	}
	return p, nil
}

// address fills in the URL.
func (h HTTP) address(p *post) (err error) {
	if p.url, err = h.constant("url", h.URL); err != nil {
		return err
	}
	u, err := url.Parse(p.url)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return errors.New("url: want an address that begins with https:// or http://") // which may be a secret
	}
	p.hidden["url"], p.hidden["path"] = p.url, strings.Trim(u.RequestURI(), "/")
	return nil
}

func (h HTTP) headers(p *post) error {
	p.header = http.Header{}
	for name, text := range h.Header {
		value, err := h.constant("header "+name, text)
		if err != nil {
			return err
		}
		p.header.Set(name, value)
	}
	return nil
}

// constant fills in secrets.
func (h HTTP) constant(name, text string) (string, error) {
	t, err := compose{secrets: h.Secrets}.parse(name, text)
	if err != nil {
		return "", err
	}
	value, err := fill(t, nil)
	return string(value), err
}

func (h HTTP) signed(p *post) error {
	for _, text := range h.Keys {
		k, err := ParseKey(text)
		if err != nil {
			return err
		}
		p.keys = append(p.keys, k)
	}
	return nil
}

func (h HTTP) body(p *post) (err error) {
	c := compose{escape: h.Escape, json: h.JSON != "", zone: h.Zone, secrets: h.Secrets}
	if c.json {
		p.header.Set("Content-Type", "application/json")
		p.json, err = c.parse("json", h.JSON)
		return err
	}
	if len(h.Form) == 0 {
		p.header.Set("Content-Type", "application/json")
		return nil
	}
	p.header.Set("Content-Type", "application/x-www-form-urlencoded")
	for name, text := range h.Form {
		if p.form[name], err = c.parse("form."+name, text); err != nil {
			return err
		}
	}
	return nil
}

// try makes the body, as a check does.
func (p *post) try(r *bridge.Report) error {
	_, err := p.make(r, nil)
	return err
}

// make makes the body of a request; event is the report as it was kept.
func (p *post) make(r *bridge.Report, event []byte) ([]byte, error) {
	switch {
	case p.json != nil:
		return fillJSON(p.json, r)
	case len(p.form) == 0:
		return event, nil
	}
	fields := url.Values{}
	for name, t := range p.form {
		value, err := fill(t, r)
		if err != nil {
			return nil, err
		}
		if len(value) > 0 {
			fields.Set(name, string(value))
		}
	}
	return []byte(fields.Encode()), nil
}

// send tells the endpoint.
func (p *post) send(ctx context.Context, client *fetch.Client, d Delivery, r *bridge.Report) error {
	body, err := p.make(r, d.Event)
	if err != nil {
		return err
	}
	header := p.header.Clone()
	if p.stamped {
		stamp(header, d.ID, time.Now(), body, p.keys)
	}
	answer, err := client.Do(ctx, fetch.Request{Method: http.MethodPost, URL: p.url, Header: header, Body: body})
	if err != nil {
		return err
	}
	if answer.OK() {
		return nil
	}
	f := refusal(answer.Status, fmt.Sprintf("%d %s", answer.Status, http.StatusText(answer.Status)), answer.Body, p.hidden)
	f.final = answer.Status == http.StatusGone
	f.busy = answer.Status == http.StatusTooManyRequests || answer.Status == http.StatusServiceUnavailable
	f.after = asked(answer.Header, time.Now())
	return f
}
