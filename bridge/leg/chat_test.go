package leg

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/gotd/td/tg"
)

// chat is a message that person 7 has written to us.
func chat(text string, change func(*tg.Message)) tg.UpdateClass {
	m := &tg.Message{ID: 1, PeerID: &tg.PeerUser{UserID: 7}, Date: 1_700_000_000, Message: text}
	if change != nil {
		change(m)
	}
	return &tg.UpdateNewMessage{Message: m}
}

func TestMessagesThatAreDigits(t *testing.T) {
	forwarded := func(m *tg.Message) { m.SetFwdFrom(tg.MessageFwdHeader{Date: 1}) }
	for _, c := range []struct {
		name   string
		update tg.UpdateClass
		want   string
	}{
		{"digits", chat("42#", nil), "42#"},
		{"as people write them", chat(" 4111 1111\n", nil), "41111111"},
		{"letters", chat("abcd", nil), "ABCD"},
		{"words", chat("Tell 5", nil), ""},
		{"nothing", chat(" ", nil), ""},
		{"as many as may be", chat(strings.Repeat("1", maxChatDigits), nil), strings.Repeat("1", maxChatDigits)},
		{"too many", chat(strings.Repeat("1", maxChatDigits+1), nil), ""},
		{"very many spaces", chat("1"+strings.Repeat(" ", 4000), nil), ""},
		{"our own", chat("1", func(m *tg.Message) { m.Out = true }), ""},
		{"edited", chat("1", func(m *tg.Message) { m.EditDate = 5 }), ""},
		{"an edit", &tg.UpdateEditMessage{Message: &tg.Message{PeerID: &tg.PeerUser{UserID: 7}, Message: "1"}}, ""},
		{"forwarded", chat("1", forwarded), ""},
		{"under a picture", chat("1", func(m *tg.Message) { m.Media = &tg.MessageMediaPhoto{} }), ""},
		{"in a group", chat("1", func(m *tg.Message) { m.PeerID = &tg.PeerChat{ChatID: 7} }), ""},
		{"from nowhere", chat("1", func(m *tg.Message) { m.PeerID = nil }), ""},
		{"deleted", &tg.UpdateNewMessage{Message: &tg.MessageEmpty{ID: 1}}, ""},
		{"none", &tg.UpdateNewMessage{}, ""},
		{"something else", &tg.UpdatePtsChanged{}, ""},
	} {
		if from, at, got := chatDigits(c.update); got != c.want || got != "" && (from != 7 || at.Unix() != 1_700_000_000) {
			t.Errorf("%s: %q from %d at %s", c.name, got, from, at)
		}
	}
}

func FuzzChat(f *testing.F) {
	f.Add("42#", int64(7), false)
	f.Add("hello", int64(0), true)
	f.Fuzz(func(t *testing.T, text string, from int64, out bool) {
		_, _, got := chatDigits(chat(text, func(m *tg.Message) { m.PeerID, m.Out = &tg.PeerUser{UserID: from}, out }))
		if out && got != "" || strings.Trim(got, "0123456789ABCD*#") != "" || len(got) > maxChatDigits {
			t.Errorf("%q: %q", text, got)
		}
	})
}

func TestWhatAPersonWritesGoesToWhoWaitsForIt(t *testing.T) {
	var c Chats
	in, err := c.Listen(7)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Listen(7); !errors.Is(err, ErrListening) {
		t.Error(err)
	}
	for _, u := range []tg.UpdateClass{
		chat("our own", func(m *tg.Message) { m.Out = true }), chat("another's", func(m *tg.Message) { m.PeerID = &tg.PeerUser{UserID: 8} }),
		chat("in a group", func(m *tg.Message) { m.PeerID = &tg.PeerChat{ChatID: 7} }), chat("", func(m *tg.Message) { m.Media = &tg.MessageMediaPhoto{} }),
		chat("42", nil), chat("https://a.example", func(m *tg.Message) { m.Media = &tg.MessageMediaWebPage{} }),
	} {
		c.Handle(t.Context(), tg.Entities{}, u)
	}
	for range 100 {
		c.Handle(t.Context(), tg.Entities{}, chat("more", nil))
	}
	var got []string
	ctx, stop := context.WithCancel(t.Context())
	stop()
	for text, err := in.Next(ctx); err == nil; text, err = in.Next(ctx) {
		got = append(got, text)
	}
	if len(got) != mostUnread || got[0] != "42" || got[1] != "https://a.example" || got[2] != "more" {
		t.Errorf("%d: %q", len(got), got)
	}
	in.Close()
	if _, err := c.Listen(7); err != nil {
		t.Error(err)
	}
}
