package main

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"switchgram/esl"
)

// freeswitch is the real one, and what it says of itself.
type freeswitch struct {
	*esl.Conn
	version string
	domain  string         // of its users
	sip     netip.AddrPort // of the profile
	tls     netip.AddrPort // of the same; zero: it has none
}

// heardOf are the events that rows wait for.
var heardOf = []string{"CHANNEL_PARK", "CHANNEL_BRIDGE", "CALL_UPDATE", "CHANNEL_EXECUTE", "RECORD_STOP", "DTMF", "sofia::register", "sofia::profile_start", "switchgram::call", "switchgram::answer"}

// reach connects to FreeSWITCH.
func reach(ctx context.Context, o options, dial func(context.Context, string, string) (net.Conn, error)) (*freeswitch, error) {
	c, err := esl.Dial(ctx, o.address, esl.Options{Password: o.password, Dialer: dial})
	if err != nil {
		return nil, fmt.Errorf("event socket %s: %w", o.address, err)
	}
	f := &freeswitch{Conn: c}
	if err := f.look(ctx, o.profile); err != nil {
		_ = c.Close()
		return nil, err
	}
	return f, nil
}

func (f *freeswitch) look(ctx context.Context, profile string) (err error) {
	if err := f.Subscribe(ctx, heardOf...); err != nil {
		return err
	}
	version, err := f.API(ctx, "version short")
	if err != nil {
		return err
	}
	f.version = strings.TrimSpace(version)
	if f.domain, err = f.API(ctx, "global_getvar domain"); err != nil {
		return err
	}
	f.domain = strings.TrimSpace(f.domain)
	return f.lookAt(ctx, profile)
}

// lookAt finds where a SIP profile listens.
func (f *freeswitch) lookAt(ctx context.Context, profile string) error {
	text, err := f.API(ctx, "sofia xmlstatus profile "+profile)
	if err != nil {
		return err
	}
	var p struct {
		IP  string `xml:"profile-info>sip-ip"`
		URL string `xml:"profile-info>url"`
		TLS string `xml:"profile-info>tls-url"`
	}
	d := xml.NewDecoder(strings.NewReader(strings.TrimSpace(text)))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // it says ISO-8859-1, and is ASCII
	if err := d.Decode(&p); err != nil || p.IP == "" {
		return fmt.Errorf("sip profile %s: FreeSWITCH says %.80q", profile, text)
	}
	if p.TLS != "" {
		if f.tls, err = at(p.IP, p.TLS); err != nil {
			return err
		}
	}
	f.sip, err = at(p.IP, p.URL)
	return err
}

// at is an address with the port of a URL.
func at(ip, url string) (netip.AddrPort, error) {
	return netip.ParseAddrPort(net.JoinHostPort(ip, url[strings.LastIndex(url, ":")+1:]))
}

// passwordOf is a user's, as the directory has it.
func (f *freeswitch) passwordOf(ctx context.Context, user string) (string, error) {
	answer, err := f.API(ctx, fmt.Sprintf("user_data %s@%s param password", user, f.domain))
	answer = strings.TrimSpace(answer)
	switch {
	case err != nil:
		return "", fmt.Errorf("user %s: %w", user, err)
	case answer == "" || strings.HasPrefix(answer, "-ERR"):
		return "", fmt.Errorf("user %s: not in FreeSWITCH's directory of %s; see -config, and -users", user, f.domain)
	}
	return answer, nil
}

// contact is where FreeSWITCH would call a user; empty: nowhere.
func (f *freeswitch) contact(ctx context.Context, user string) (string, error) {
	answer, err := f.API(ctx, fmt.Sprintf("sofia_contact */%s@%s", user, f.domain))
	if err != nil || strings.HasPrefix(answer, "error/") {
		return "", err
	}
	return strings.TrimSpace(answer), nil
}

// free is whether nobody is registered as a user, whose calls we would take.
func (f *freeswitch) free(ctx context.Context, user string) error {
	switch at, err := f.contact(ctx, user); {
	case err != nil:
		return err
	case at != "":
		return fmt.Errorf("user %s is registered already, as %s: name other users with -users", user, at)
	}
	return nil
}

// needs is a row's word that it cannot do without a module.
func (f *freeswitch) needs(ctx context.Context, modules ...string) error {
	for _, m := range modules {
		switch answer, err := f.API(ctx, "module_exists "+m); {
		case err != nil:
			return err
		case strings.TrimSpace(answer) != "true":
			return missing("FreeSWITCH has no " + m)
		}
	}
	return nil
}

// user is the dial string of a user.
func (f *freeswitch) user(name string) string { return "user/" + name + "@" + f.domain }

// inline are applications as an extension of the dialplan "inline", which has no need of a file.
func inline(apps ...string) string { return "'m:^:" + strings.Join(apps, "^") + "' inline" }

// originate has FreeSWITCH call somebody and then run applications; it returns when that has answered.
func (f *freeswitch) originate(ctx context.Context, dial string, apps ...string) error {
	_, err := f.Job(ctx, "originate "+dial+" "+inline(apps...))
	return err
}

// send has a channel run applications.
func (f *freeswitch) send(ctx context.Context, uuid string, apps ...string) error {
	_, err := f.API(ctx, "uuid_transfer "+uuid+" "+inline(apps...))
	return err
}

// await waits for an event.
func (f *freeswitch) await(ctx context.Context, name string, is func(*esl.Event) bool, do func() error) (*esl.Event, error) {
	w := f.Listen(func(e *esl.Event) bool { return (e.Name() == name || e.Subclass() == name) && is(e) })
	defer w.Close()
	if err := do(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, eventTime, fmt.Errorf("no %s from FreeSWITCH within %v", name, eventTime))
	defer cancel()
	return w.Next(ctx)
}

const (
	eventTime = 20 * time.Second
	lookEvery = 50 * time.Millisecond // at what there is no event for
)

// variable is one of a channel.
func (f *freeswitch) variable(ctx context.Context, uuid, name string) (string, error) {
	v, err := f.API(ctx, "uuid_getvar "+uuid+" "+name)
	if v = strings.TrimSpace(v); v == "_undef_" {
		v = ""
	}
	return v, err
}

// channels are those that are left, but for the ones that ended a moment ago.
func (f *freeswitch) left(ctx context.Context) (names []string, err error) {
	all, err := f.Channels(ctx)
	for _, c := range all {
		if there, _ := f.Exists(ctx, c.UUID); there {
			names = append(names, c.Name)
		}
	}
	slices.Sort(names)
	return names, err
}
