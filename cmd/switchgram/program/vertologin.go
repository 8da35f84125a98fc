package program

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"switchgram/bridge/fetch"
	"switchgram/bridge/line"
	"switchgram/verto"
)

// VertoLogin is whom to ask about the passwords of users who have none in the configuration. The zero value is nobody.
type VertoLogin struct {
	URL       string         `yaml:"url"`
	TokenEnv  string         `yaml:"token_env"`
	TokenFile string         `yaml:"token_file"`
	Allow     []netip.Prefix `yaml:"allow"` // networks that are not public and where it may be
}

const (
	loginWithin = 10 * time.Second
	maxAnswer   = 64 << 10 // bytes
)

// check reports what is wrong with the block.
func (l *VertoLogin) check(say func(key, format string, args ...any)) {
	if l.URL == "" {
		if l.TokenEnv != "" || l.TokenFile != "" || len(l.Allow) > 0 {
			say("verto.login.url", "is missing")
		}
		return
	}
	u, err := url.Parse(l.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		say("verto.login.url", "want an address that begins with https://")
		return
	}
	if at, err := netip.ParseAddr(u.Hostname()); u.Scheme == "http" && (err != nil || !at.IsLoopback()) {
		say("verto.login.url", "passwords go there: want https://, or http:// at a loopback address")
	}
}

// asker asks about passwords.
type asker struct {
	client     *fetch.Client
	url, token string
}

// newAsker makes one; nil: nobody is to be asked.
func (c *Config) newAsker() (*asker, error) {
	l := &c.Verto.Login
	if l.URL == "" {
		return nil, nil
	}
	a := &asker{client: fetch.New(fetch.Options{Allow: l.Allow, Timeout: loginWithin, MaxBody: maxAnswer, Redirects: -1}), url: l.URL}
	if ref := (line.SecretRef{Env: l.TokenEnv, File: l.TokenFile}); ref != (line.SecretRef{}) {
		var err error
		if a.token, err = c.secret("verto.login.token", ref); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// question is what is asked.
type question struct {
	User     string            `json:"user"`
	Domain   string            `json:"domain,omitempty"`
	Password string            `json:"password"`
	Params   map[string]string `json:"params,omitempty"` // loginParams of the page
	Address  string            `json:"address"`
}

// ask returns the name that a user is to be shown by; empty: the configuration's. verto.ErrPassword: the password is wrong.
func (a *asker) ask(ctx context.Context, l verto.Login) (name string, err error) {
	body, err := json.Marshal(question{User: l.Name, Domain: l.Domain, Password: l.Password, Params: l.Params, Address: l.Address.String()})
	if err != nil {
		return "", err
	}
	header := http.Header{"Content-Type": {"application/json"}}
	if a.token != "" {
		header.Set("Authorization", "Bearer "+a.token)
	}
	answer, err := a.client.Do(ctx, fetch.Request{URL: a.url, Header: header, Body: body})
	if err != nil {
		return "", fmt.Errorf("ask about a login: %w", err)
	}
	var said struct{ Name string }
	switch {
	case answer.Status == http.StatusUnauthorized, answer.Status == http.StatusForbidden, answer.Status == http.StatusNotFound:
		return "", verto.ErrPassword
	case !answer.OK():
		return "", fmt.Errorf("ask about a login: the answer has status %d", answer.Status)
	case len(answer.Body) == 0:
		return "", nil
	}
	if err := json.Unmarshal(answer.Body, &said); err != nil {
		return "", fmt.Errorf("ask about a login: the answer is no JSON: %w", err)
	}
	return said.Name, nil
}
