package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"switchgram/esl"
)

// changes are the rows about what FreeSWITCH says inside a dialog, and in place of an answer.
func changes() []row {
	return []row{
		{"re-INVITE: uuid_media off, and back", mediaOff},
		{"re-INVITE: uuid_media_reneg to PCMU", reneg},
		{"UPDATE: uuid_display", display},
		{"302: redirect to a telephone", redirect},
		{"REFER: uuid_deflect to a telephone", deflect},
		{"SRTP: rtp_secure_media=mandatory", srtp},
	}
}

// mediaOff lets the telephone and the bridge send their sound to each other, past FreeSWITCH, for a while.
func mediaOff(ctx context.Context, w *world) (string, error) {
	c, err := w.phoned(ctx, opusPhone, w.line(lineUDP), dialAnn)
	if err != nil {
		return "", err
	}
	for _, command := range []string{"", "uuid_media off " + c.uuid, "uuid_media " + c.uuid} {
		if command != "" {
			if _, err := w.fs.API(ctx, command); err != nil {
				return "", err
			}
		}
		pause(ctx, time.Second) // for the re-INVITEs
		if err := c.hear(ctx); err != nil {
			return "", fmt.Errorf("after %q: %w", command, err)
		}
	}
	return c.talked(ctx)
}

func reneg(ctx context.Context, w *world) (string, error) {
	c, err := w.phoned(ctx, opusPhone, w.line(lineUDP), dialAnn)
	if err != nil {
		return "", err
	}
	if err := c.hear(ctx); err != nil {
		return "", err
	}
	if _, err := w.fs.API(ctx, "uuid_media_reneg "+c.uuid+" =PCMU"); err != nil {
		return "", err
	}
	pause(ctx, time.Second)
	saw, err := c.talked(ctx)
	if err == nil && !strings.Contains(saw, "PCMU") {
		err = fmt.Errorf("%s, not PCMU", saw)
	}
	return saw, err
}

// display has FreeSWITCH tell us another name of the other end, which it does by UPDATE with telephones that it thinks can show it.
func display(ctx context.Context, w *world) (string, error) {
	c, err := w.rung(ctx, "udp", opusPhone, w.phones[opusPhone])
	if err != nil {
		return "", err
	}
	if err := w.fs.SetVariable(ctx, c.uuid, "update_ignore_ua", "true"); err != nil {
		return "", err
	}
	sent := func(e *esl.Event) bool { return e.UUID() == c.uuid && e.Get("Direction") == "SEND" }
	if _, err := w.fs.await(ctx, "CALL_UPDATE", sent, func() error {
		_, err := w.fs.API(ctx, "uuid_display "+c.uuid+" Else|4711")
		return err
	}); err != nil {
		return "", err
	}
	return c.talked(ctx)
}

// redirect sends the caller from Telegram to a telephone instead of answering.
func redirect(ctx context.Context, w *world) (string, error) {
	return w.elsewhere(ctx, func(c *call, to string) error { return w.fs.send(ctx, c.uuid, "redirect:"+to) })
}

// deflect sends the caller from Telegram to a telephone after the answer.
func deflect(ctx context.Context, w *world) (string, error) {
	return w.elsewhere(ctx, func(c *call, to string) error {
		if err := c.park(ctx); err != nil {
			return err
		}
		_, err := w.fs.API(ctx, "uuid_deflect "+c.uuid+" "+to)
		return err
	})
}

// elsewhere has a caller from Telegram sent to the extension of a telephone, which the bridge then calls by itself.
func (w *world) elsewhere(ctx context.Context, send func(c *call, to string) error) (string, error) {
	c, err := w.incoming(ctx, "udp")
	if err != nil {
		return "", err
	}
	to := fmt.Sprintf("sip:%s@%s", w.o.users[sparePhone], w.fs.sip)
	if err := send(c, to); err != nil {
		return "", err
	}
	if c.other, err = w.phones[sparePhone].answered(ctx); err != nil {
		return "", err
	}
	return c.talked(ctx)
}

func srtp(ctx context.Context, w *world) (string, error) {
	c, err := w.phoned(ctx, opusPhone, "{rtp_secure_media=mandatory}"+w.line(lineUDP), dialAnn)
	if err != nil {
		return "", err
	}
	if err := c.hear(ctx); err != nil {
		return "", err
	}
	suite, err := w.fs.variable(ctx, c.uuid, "rtp_secure_media_negotiated")
	if err == nil && suite == "" {
		err = errors.New("FreeSWITCH says that its sound is not encrypted")
	}
	if err != nil {
		return "", err
	}
	saw, err := c.relayed(ctx)
	return suite + "; " + saw, err
}
