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
	"switchgram/esl"
	"switchgram/verto"
)

// VertoLogin is whom to ask about the passwords of users who have none in the configuration: an URL, or FreeSWITCH's directory. The zero value is nobody.
type VertoLogin struct {
	URL       string         `yaml:"url"`
	TokenEnv  string         `yaml:"token_env"`
	TokenFile string         `yaml:"token_file"`
	Allow     []netip.Prefix `yaml:"allow"` // networks that are not public and where it may be

	FreeSWITCH string `yaml:"freeswitch"` // domain of FreeSWITCH's directory whose users may log in
}

// authority knows passwords that the configuration does not.
type authority interface {
	// ask tells what it knows of a user whose password is right. verto.ErrUser and verto.ErrPassword refuse; any other error is a failure of its own.
	ask(ctx context.Context, l verto.Login) (line.User, error)
	// run has it work until ctx ends.
	run(ctx context.Context)
}

// newAuthority makes the one that there is to be; nil: none.
func (p *Program) newAuthority() (authority, error) {
	switch l := p.config.Verto.Login; {
	case l.URL != "":
		return p.config.newAsker()
	case l.FreeSWITCH != "":
		return p.config.newDirectory(p.log)
	default:
		return nil, nil
	}
}

const (
	loginWithin = 10 * time.Second
	maxAnswer   = 64 << 10 // bytes
)

// check reports what is wrong with the block.
func (l *VertoLogin) check(say func(key, format string, args ...any), f FreeSWITCH) {
	if l.FreeSWITCH != "" {
		l.checkDirectory(say, f)
	}
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

// checkDirectory reports what stands in the way of asking FreeSWITCH.
func (l *VertoLogin) checkDirectory(say func(key, format string, args ...any), f FreeSWITCH) {
	if _, err := esl.Word(l.FreeSWITCH); err != nil {
		say("verto.login.freeswitch", "%q: want the domain of FreeSWITCH's users, as its variable domain has it", l.FreeSWITCH)
	}
	if f.EventSocket == "" {
		say("verto.login.freeswitch", "FreeSWITCH is asked by its event socket: want freeswitch.event_socket")
	}
	if l.URL != "" {
		say("verto.login.freeswitch", "stands beside url; want one of them")
	}
}

// asker asks an URL about passwords. It is an authority.
type asker struct {
	client     *fetch.Client
	url, token string
}

func (c *Config) newAsker() (*asker, error) {
	l := &c.Verto.Login
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

// run implements authority.
func (a *asker) run(ctx context.Context) {
	<-ctx.Done()
	a.client.Close()
}

// ask implements authority: what is known of a user is the name to be shown by; empty: the configuration's.
func (a *asker) ask(ctx context.Context, l verto.Login) (line.User, error) {
	name, err := a.nameOf(ctx, l)
	return line.User{Name: l.Name, DisplayName: name}, err
}

func (a *asker) nameOf(ctx context.Context, l verto.Login) (name string, err error) {
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
