package route

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchgram/bridge/route/tree"
)

// Chats are conversations in writing, with people on Telegram.
type Chats interface {
	// Open hears everything that somebody writes from now on to a line's account. An empty line is whichever is there.
	Open(ctx context.Context, line, who string) (Chat, error)
}

// Chat is one conversation. It is used by one goroutine at a time.
type Chat interface {
	Send(ctx context.Context, text string) error
	// Receive is the next text. It waits for one; the error is the context's.
	Receive(ctx context.Context) (string, error)
	Close()
}

// ErrSilence is with what the context of Receive ends when nobody waits any longer.
var ErrSilence = errors.New("nothing more was written")

// listening is what recvMessage and menu have in common: whom they write with, and for how long they wait. Times are seconds.
type listening struct {
	With           text
	Line           text
	Timeout        int
	MessageTimeout int
	Delimiter      string
}

// chat begins a conversation.
func (l listening) chat(ctx context.Context, r *run) (Chat, error) {
	who := r.clean(l.With.Template)
	switch {
	case r.engine.opt.Chats == nil:
		return nil, failure("unavailable", "nobody can be written with here")
	case who == "":
		return nil, failure("no_chat", "with whom? The caller is not on Telegram, and nobody is named")
	}
	c, err := r.engine.opt.Chats.Open(ctx, cmp.Or(r.clean(l.Line.Template), r.Variable("line")), who)
	if err != nil {
		return nil, failure("no_chat", "write with %s: %w", who, err)
	}
	return c, nil
}

// mostMessages and longestMessages are what a step takes of somebody who goes on writing.
const (
	mostMessages    = 100
	longestMessages = longestValue
)

// collect is what somebody writes until nothing more comes for a while, together; empty: nothing.
func (l listening) collect(ctx context.Context, c Chat) (string, error) {
	var all []string
	size, wait := 0, l.Timeout
	for len(all) < mostMessages && size < longestMessages {
		one, err := receive(ctx, c, time.Duration(wait)*time.Second)
		if errors.Is(err, ErrSilence) {
			break
		}
		if err != nil {
			return "", err
		}
		all, size, wait = append(all, one), size+len(one), l.MessageTimeout
		if wait == 0 {
			break
		}
	}
	return strings.Join(all, l.Delimiter), nil
}

func receive(ctx context.Context, c Chat, d time.Duration) (string, error) {
	waiting, cancel := context.WithTimeoutCause(ctx, d, ErrSilence)
	defer cancel()
	return c.Receive(waiting)
}

// recvMessage waits for what somebody writes.
type recvMessage struct {
	Set            variable `json:"set" need:"true"`
	Text           text     `json:"text"`
	With           text     `json:"with" default:"${tg_user_id}"`
	Line           text     `json:"line"`
	Timeout        int      `json:"timeout" default:"60" min:"1" max:"3600"`
	MessageTimeout int      `json:"messageTimeout" default:"0" min:"0" max:"60"`
	Delimiter      string   `json:"delimiter" default:" "`
}

func (s *recvMessage) run(ctx context.Context, r *run) error {
	l := listening{s.With, s.Line, s.Timeout, s.MessageTimeout, s.Delimiter}
	c, err := l.chat(ctx, r)
	if err != nil {
		return errors.Join(err, r.set(ctx, s.Set, ""))
	}
	defer c.Close()
	if text := r.raw(s.Text.Template); text != "" {
		if err := c.Send(ctx, text); err != nil {
			return failure("message_failed", "%w", err)
		}
	}
	written, err := l.collect(ctx, c)
	if err != nil {
		return err
	}
	if err := r.set(ctx, s.Set, written); err != nil || written != "" {
		return err
	}
	return failure("no_message", "nothing was written in %d s", s.Timeout)
}

// menu has somebody choose in writing. Accounts of people cannot send buttons, so the choices are numbered.
type menu struct {
	Text           text       `json:"text" need:"true"`
	Buttons        [][]button `json:"buttons" need:"true" most:"50"`
	Set            variable   `json:"set"`
	With           text       `json:"with" default:"${tg_user_id}"`
	Line           text       `json:"line"`
	Timeout        int        `json:"timeout" default:"60" min:"1" max:"3600"`
	MessageTimeout int        `json:"messageTimeout" default:"0" min:"0" max:"60"`
	Tries          int        `json:"tries" default:"3" min:"1" max:"20"`
	Default        steps      `json:"default"`
}

// button is one choice, or a link to look at.
type button struct {
	Caption  text     `json:"caption" need:"true"`
	Text     text     `json:"text"`
	Code     text     `json:"code"`
	URL      text     `json:"url"`
	Type     anything `json:"type"`
	NextFlow steps    `json:"nextFlow"`
}

func (s *menu) check(p *parser, n *tree.Node) {
	if len(s.choices()) == 0 {
		p.say(n, "buttons: there is nothing to choose")
	}
}

// choices are the buttons that can be chosen.
func (s *menu) choices() []*button {
	var all []*button
	for _, row := range s.Buttons {
		for i := range row {
			if row[i].URL.Empty() {
				all = append(all, &row[i])
			}
		}
	}
	return all
}

// shown is the text with its choices, numbered, and its links.
func (s *menu) shown(r *run) string {
	lines, number := []string{r.raw(s.Text.Template)}, 0
	for _, row := range s.Buttons {
		for _, b := range row {
			caption := r.raw(b.Caption.Template)
			if !b.URL.Empty() {
				lines = append(lines, caption+": "+b.URL.RenderURL(r))
				continue
			}
			number++
			lines = append(lines, fmt.Sprintf("%d. %s", number, caption))
		}
	}
	return strings.Join(lines, "\n")
}

func (s *menu) run(ctx context.Context, r *run) error {
	l := listening{s.With, s.Line, s.Timeout, s.MessageTimeout, " "}
	c, err := l.chat(ctx, r)
	if err != nil {
		return errors.Join(err, r.do(s.Default))
	}
	defer c.Close()
	for range s.Tries {
		if err := c.Send(ctx, s.shown(r)); err != nil {
			return errors.Join(failure("message_failed", "%w", err), r.do(s.Default))
		}
		written, err := l.collect(ctx, c)
		switch chosen := s.chosen(r, written); {
		case err != nil:
			return err
		case chosen != nil:
			return s.take(ctx, r, chosen)
		case written == "":
			return errors.Join(failure("no_message", "nothing was written in %d s", s.Timeout), r.do(s.Default))
		}
	}
	return r.do(s.Default)
}

// take runs the steps of a choice.
func (s *menu) take(ctx context.Context, r *run, b *button) error {
	if s.Set.given() {
		value := cmp.Or(r.raw(b.Code.Template), r.raw(b.Text.Template), r.raw(b.Caption.Template))
		if err := r.set(ctx, s.Set, value); err != nil {
			return err
		}
	}
	return r.do(b.NextFlow)
}

// chosen is the choice that somebody means who has written its number or what stands there; nil: none.
func (s *menu) chosen(r *run, written string) *button {
	written = strings.TrimSpace(written)
	all := s.choices()
	number, err := strconv.Atoi(strings.TrimSuffix(written, "."))
	if err == nil && number >= 1 && number <= len(all) {
		return all[number-1]
	}
	i := slices.IndexFunc(all, func(b *button) bool {
		return written != "" && slices.ContainsFunc([]text{b.Caption, b.Text, b.Code}, func(t text) bool {
			return strings.EqualFold(strings.TrimSpace(r.raw(t.Template)), written)
		})
	})
	if i < 0 {
		return nil
	}
	return all[i]
}
