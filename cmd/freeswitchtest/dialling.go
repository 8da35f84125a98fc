package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"switchgram/bridge"
)

// registrations are the rows about being seen.
func registrations() []row {
	return []row{
		{"a line registers over UDP and is seen", func(ctx context.Context, w *world) (string, error) { return w.seen(ctx, lineUDP, "UDP") }},
		{"a line registers over TCP and is seen", func(ctx context.Context, w *world) (string, error) { return w.seen(ctx, lineTCP, "TCP") }},
		{"a line registers over TLS, and calls go both ways", overTLS},
	}
}

func overTLS(ctx context.Context, w *world) (string, error) {
	if len(w.lines()) < len(lines) {
		return "", missing("without -ca, or the profile has no TLS port")
	}
	saw, err := w.seen(ctx, lineTLS, "TLS")
	if err != nil {
		return "", err
	}
	if _, err := relayed(ctx)(w.phoned(ctx, opusPhone, w.line(lineTLS), dialAnn)); err != nil {
		return "", fmt.Errorf("from FreeSWITCH: %w", err)
	}
	path, err := relayed(ctx)(w.rung(ctx, "tls", opusPhone, w.phones[opusPhone]))
	return saw + "; " + path, err
}

// seen looks for a line in what FreeSWITCH says of its registrations.
func (w *world) seen(ctx context.Context, role int, transport string) (string, error) {
	user := w.o.users[role]
	status, err := w.fs.API(ctx, fmt.Sprintf("sofia status profile %s reg %s@%s", w.o.profile, user, w.fs.domain))
	if err != nil {
		return "", err
	}
	for _, want := range []string{"switchgram", "Registered(" + transport + ")"} {
		if !strings.Contains(status, want) {
			return "", fmt.Errorf("sofia status has nothing of %q: %.300q", want, status)
		}
	}
	return "Registered(" + transport + "), Agent switchgram", nil
}

// diallings are the rows about ways to say who on Telegram is called.
func diallings() []row {
	all := []row{
		{"bridge sofia/gateway/…/+999662001001", gateway},
		{"bridge sofia/<profile>/+999662001001@bridge, without a gateway", byURI},
		{"a gateway registers with the bridge, and calls by it", registeredGateway},
		{"originate user/<line>, X-TG-Dial, to an application", originated},
	}
	for _, f := range []struct{ form, who string }{{"@username", "@ann"}, {"tg#username", "tg#ann"}, {"bare username", "ann"}, {"+number", "+" + annNumber}, {"*ID", ""}} {
		all = append(all, row{"bridge user/<line> with X-TG-Dial: " + f.form, func(ctx context.Context, w *world) (string, error) {
			return w.dialled(ctx, cmp.Or(f.who, fmt.Sprintf("*%d", w.ann.user.ID())))
		}})
	}
	return append(all, row{"bridge user/<line> with X-TG-Dial: @nobody", nobody})
}

// dialled is a call to whom X-TG-Dial names.
func (w *world) dialled(ctx context.Context, who string) (string, error) {
	c, err := w.phoned(ctx, opusPhone, w.line(lineUDP), "export:nolocal:sip_h_X-TG-Dial="+who)
	if err != nil {
		return "", err
	}
	return c.relayed(ctx)
}

func gateway(ctx context.Context, w *world) (string, error) {
	if _, err := w.gatewayState(ctx, parking); err != nil {
		return "", err
	}
	c, err := w.phoned(ctx, opusPhone, "sofia/gateway/"+parking+"/+"+annNumber, "export:nolocal:sip_h_X-TG-Line=udp")
	if err != nil {
		return "", err
	}
	return c.relayed(ctx)
}

// gatewayState is how a gateway to the bridge stands.
func (w *world) gatewayState(ctx context.Context, name string) (string, error) {
	status, err := w.fs.API(ctx, "sofia xmlstatus gateway "+name)
	if err != nil {
		return "", err
	}
	at := net.JoinHostPort(w.ours.String(), fmt.Sprint(w.o.port))
	if !strings.Contains(status, "<proxy>sip:"+at) {
		return "", missing("FreeSWITCH has no gateway " + name + " to " + at + ", see -config")
	}
	_, state, _ := strings.Cut(status, "<state>")
	state, _, _ = strings.Cut(state, "<")
	return state, nil
}

// registeredGateway has FreeSWITCH register as a user of the bridge's, and call as that.
func registeredGateway(ctx context.Context, w *world) (string, error) {
	for {
		state, err := w.gatewayState(ctx, registering)
		if err != nil {
			return "", err
		}
		if state == "REGED" {
			break
		}
		if pause(ctx, lookEvery); ctx.Err() != nil {
			return "", fmt.Errorf("gateway %s is %s", registering, state)
		}
	}
	c, err := w.phoned(ctx, opusPhone, "sofia/gateway/"+registering+"/+"+annNumber, "export:nolocal:sip_h_X-TG-Line=udp")
	if err != nil {
		return "", err
	}
	saw, err := c.relayed(ctx)
	return "REGED; " + saw, err
}

func byURI(ctx context.Context, w *world) (string, error) {
	to := fmt.Sprintf("sofia/%s/+%s@%s", w.o.profile, annNumber, net.JoinHostPort(w.ours.String(), fmt.Sprint(w.o.port)))
	c, err := w.phoned(ctx, opusPhone, to, "export:nolocal:sip_h_X-TG-Line=udp")
	if err != nil {
		return "", err
	}
	return c.relayed(ctx)
}

// originated has FreeSWITCH itself call Telegram, and send back what it hears.
func originated(ctx context.Context, w *world) (string, error) {
	if err := w.fs.originate(ctx, "{sip_h_X-TG-Dial=@ann}"+w.line(lineUDP), "echo"); err != nil {
		return "", err
	}
	path, err := w.echoed(ctx)
	return path + "; hears the echo", err
}

func nobody(ctx context.Context, w *world) (string, error) {
	err := w.fs.originate(ctx, "{sip_h_X-TG-Dial=@nobody}"+w.line(lineUDP), "echo")
	if err == nil {
		return "", errors.New("somebody answered")
	}
	if !strings.Contains(err.Error(), "UNALLOCATED_NUMBER") {
		return "", err
	}
	_, err = (&call{w: w}).over(ctx, bridge.UnallocatedNumber)
	return "UNALLOCATED_NUMBER", err
}
