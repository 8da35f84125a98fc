package main

import (
	"context"
	"fmt"
	"strings"
)

// telephones are the rows about who is at FreeSWITCH's other end.
func telephones() []row {
	return []row{
		{"Opus telephone calls Telegram", func(ctx context.Context, w *world) (string, error) {
			return relayed(ctx)(w.phoned(ctx, opusPhone, w.line(lineUDP), dialAnn))
		}},
		{"Telegram calls an Opus telephone", func(ctx context.Context, w *world) (string, error) {
			return relayed(ctx)(w.rung(ctx, "udp", opusPhone, w.phones[opusPhone]))
		}},
		{"PCMU telephone calls Telegram", pcmu},
		{"PCMU telephone calls Telegram, with the codec line", func(ctx context.Context, w *world) (string, error) {
			return relayed(ctx)(w.phoned(ctx, pcmuPhone, w.line(lineUDP), dialAnn, preferOpus))
		}},
		{"Telegram calls a PCMU telephone", func(ctx context.Context, w *world) (string, error) {
			return relayed(ctx)(w.rung(ctx, "udp", pcmuPhone, w.phones[pcmuPhone]))
		}},
		{"Opus telephone calls Telegram by TCP", func(ctx context.Context, w *world) (string, error) {
			return relayed(ctx)(w.phoned(ctx, opusPhone, w.line(lineTCP), dialAnn))
		}},
		{"Telegram calls an Opus telephone by TCP", func(ctx context.Context, w *world) (string, error) {
			return relayed(ctx)(w.rung(ctx, "tcp", opusPhone, w.phones[opusPhone]))
		}},
		{"Verto user calls Telegram", func(ctx context.Context, w *world) (string, error) {
			v, err := w.browser(ctx)
			if err != nil {
				return "", err
			}
			return relayed(ctx)(w.outgoing(ctx, vertoUser, v, w.line(lineUDP), dialAnn, preferOpus))
		}},
		{"Telegram calls a Verto user", func(ctx context.Context, w *world) (string, error) {
			v, err := w.browser(ctx)
			if err != nil {
				return "", err
			}
			return relayed(ctx)(w.rung(ctx, "udp", vertoUser, v))
		}},
	}
}

// relayed is call.relayed of a call that may not have come about.
func relayed(ctx context.Context) func(*call, error) (string, error) {
	return func(c *call, err error) (string, error) {
		if err != nil {
			return "", err
		}
		return c.relayed(ctx)
	}
}

// pcmu is the call that FreeSWITCH offers in PCMU alone, as it does with the codecs of whoever calls.
func pcmu(ctx context.Context, w *world) (string, error) {
	c, err := w.phoned(ctx, pcmuPhone, w.line(lineUDP), dialAnn)
	if err != nil {
		return "", err
	}
	saw, err := c.talked(ctx)
	if err == nil && !strings.HasPrefix(saw, "transcode opus>PCMU;") {
		err = fmt.Errorf("%s, not transcode opus>PCMU", saw)
	}
	return saw, err
}
