package rehearsal

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"switchgram/bridge/fetch"
	"switchgram/bridge/route"
)

// Do implements route.HTTPClient. Answers to httpRequest: "200:{…}", "404", or "timeout" and other words for one that never comes; 200 and {} if
// nothing is said.
func (s *Stage) Do(_ context.Context, r fetch.Request) (*fetch.Response, error) {
	answer := s.next("httpRequest", "200:{}")
	s.say("%s %s %s: %s", r.Method, r.URL, strings.TrimSpace(headers(r.Header)+" "+string(r.Body)), answer)
	code, body, _ := strings.Cut(answer, ":")
	status, err := strconv.Atoi(code)
	if err != nil {
		return nil, errors.New(answer)
	}
	h := http.Header{"Content-Type": {"application/json"}}
	if strings.HasPrefix(strings.TrimSpace(body), "<") {
		h.Set("Content-Type", "text/xml")
	}
	return &fetch.Response{Status: status, Header: h, Body: []byte(body), URL: r.URL}, nil
}

// headers are those that say something.
func headers(h http.Header) string {
	var all []string
	for _, name := range []string{"Content-Type", "Authorization", "Cookie"} {
		if value := h.Get(name); value != "" {
			all = append(all, fmt.Sprintf("%s: %s", name, value))
		}
	}
	return strings.Join(all, "; ")
}

// Enqueue implements route.Queue.
func (s *Stage) Enqueue(_ context.Context, _ string, r fetch.Request) error {
	s.say("later: %s %s %s", r.Method, r.URL, r.Body)
	return nil
}

// SendMessage implements route.Messenger. Answers: ok, or what went wrong.
func (s *Stage) SendMessage(_ context.Context, to, text, format string) error {
	s.say("message to %s (%s): %s", to, format, text)
	if word := s.next("sendMessage", "ok"); word != "ok" {
		return errors.New(word)
	}
	return nil
}

// Originate implements route.Originator. Answers: answered, after which the call's steps run, or a cause; nobody answers if nothing is said.
func (s *Stage) Originate(_ context.Context, o route.Origin) error {
	word := s.next("originate", "NO_ANSWER")
	s.say("in %s call %s as %s <%s> for %s: %s", o.Delay, strings.TrimSuffix(o.To.Type+":"+o.To.Name+"/"+o.To.DialString, "/"), o.CallerName, o.CallerID, o.Timeout, word)
	s.mu.Lock()
	defer s.mu.Unlock()
	if word == "answered" {
		s.origins = append(s.origins, o)
	}
	return nil
}

// Open implements route.Chats.
func (s *Stage) Open(_ context.Context, _, who string) (route.Chat, error) { return &chat{s, who}, nil }

// chat is a conversation. Answers to recvMessage are what is written; nothing, if nothing is said.
type chat struct {
	stage *Stage
	who   string
}

// Send implements route.Chat.
func (c *chat) Send(_ context.Context, text string) error {
	c.stage.say("write to %s: %s", c.who, text)
	return nil
}

// Receive implements route.Chat.
func (c *chat) Receive(ctx context.Context) (string, error) {
	if text := c.stage.next("recvMessage", ""); text != "" {
		c.stage.say("%s writes %q", c.who, text)
		return text, nil
	}
	until, _ := ctx.Deadline()
	c.stage.pass(time.Until(until).Round(time.Second))
	c.stage.say("%s writes nothing", c.who)
	return "", route.ErrSilence
}

// Close implements route.Chat.
func (c *chat) Close() {}

// SendMail implements route.Mailer.
func (s *Stage) SendMail(_ context.Context, m route.Mail) error {
	s.say("mail to %s: %s: %s", strings.Join(append(m.To, m.CC...), ", "), m.Subject, m.HTML)
	return nil
}

// MailLater implements route.Mailer.
func (s *Stage) MailLater(_ context.Context, m route.Mail) error {
	s.say("later: mail to %s: %s: %s", strings.Join(append(m.To, m.CC...), ", "), m.Subject, m.HTML)
	return nil
}

// OpenLink implements route.Agents.
func (s *Stage) OpenLink(_ context.Context, user, url, message string) error {
	s.say("open at %s: %s %s", user, url, message)
	return nil
}

// Notify implements route.Agents.
func (s *Stage) Notify(_ context.Context, users []string, message string) error {
	s.say("show %s: %s", strings.Join(users, ", "), message)
	return nil
}

// Speak implements route.Speaker. Answers to tts: ok, or what went wrong.
func (s *Stage) Speak(_ context.Context, p route.Speech) (string, error) {
	if word := s.next("tts", "ok"); word != "ok" {
		return "", errors.New(word)
	}
	return fmt.Sprintf("%q", p.Text), nil
}

// Recognise implements route.Recogniser: the answers to stt are what was said.
func (s *Stage) Recognise(_ context.Context, h route.Hearing) (string, error) {
	said := s.next("stt", "")
	s.say("understand %s: %q", h.File, said)
	return said, nil
}

// Search implements route.Records. Answers to cdr are JSON, such as {"hits": []}.
func (s *Stage) Search(_ context.Context, q route.Search) ([]byte, error) {
	filter, err := json.Marshal(q.Filter)
	if err != nil {
		return nil, err
	}
	s.say("search calls: %s", filter)
	return []byte(cmp.Or(s.next("cdr", ""), `{"hits": []}`)), nil
}
