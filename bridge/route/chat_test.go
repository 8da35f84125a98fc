package route_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"switchgram/bridge/route"
	"switchgram/bridge/route/rehearsal"
)

// penPal is somebody who writes.
type penPal struct {
	writes []string        // one after the other
	after  []time.Duration // each after such a time
	sent   []string        // what was written to them
	who    string
	fail   error
	open   int
}

func (p *penPal) Open(_ context.Context, _, who string) (route.Chat, error) {
	if p.fail != nil {
		return nil, p.fail
	}
	p.who = who
	p.open++
	return p, nil
}

func (p *penPal) Close() { p.open-- }

func (p *penPal) Send(_ context.Context, text string) error {
	p.sent = append(p.sent, text)
	return nil
}

func (p *penPal) Receive(ctx context.Context) (text string, err error) {
	if len(p.writes) == 0 {
		<-ctx.Done()
		return "", context.Cause(ctx)
	}
	if len(p.after) > 0 {
		select {
		case <-time.After(p.after[0]):
			p.after = p.after[1:]
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
	}
	text, p.writes = p.writes[0], p.writes[1:]
	return text, nil
}

// with has a script write with the person.
func (p *penPal) with(_ *rehearsal.Stage, o *route.Options) {
	o.Chats, o.Dry, o.Now = p, false, time.Now
}

func TestAScriptWaitsForWhatSomebodyWrites(t *testing.T) {
	for name, row := range map[string]struct {
		step string
		pal  penPal
		v, e string
	}{
		"one message":            {`{"set": "v", "with": "@ann"}`, penPal{writes: []string{"hello", "again"}}, "hello", ""},
		"several, until silence": {`{"set": "v", "with": "@ann", "messageTimeout": 3, "delimiter": "/"}`, penPal{writes: []string{"a", "b", "c"}, after: []time.Duration{50 * time.Second, 2 * time.Second, 4 * time.Second}}, "a/b", ""},
		"nothing":                {`{"set": "v", "with": "@ann", "timeout": 5}`, penPal{}, "", "no_message"},
		"too late":               {`{"set": "v", "with": "@ann", "timeout": 5}`, penPal{writes: []string{"a"}, after: []time.Duration{6 * time.Second}}, "", "no_message"},
		"nobody to write with":   {`{"set": "v"}`, penPal{}, "", "no_chat"},
		"somebody unknown":       {`{"set": "v", "with": "@ann"}`, penPal{fail: errors.New("who?")}, "", "no_chat"},
		"a flood":                {`{"set": "v", "with": "@ann", "messageTimeout": 60, "delimiter": ""}`, penPal{writes: slices.Repeat([]string{"x"}, 1000)}, strings.Repeat("x", 100), ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, s, _ := perform(t, around(`{"answer": ""}, {"setVar": "v=old"}, {"recvMessage": `+row.step+`}`), row.pal.with)
				if s.Value("v") != row.v || s.Value("last_error") != row.e || row.pal.open != 0 {
					t.Errorf("%q, %q, %d open", s.Value("v"), s.Value("last_error"), row.pal.open)
				}
			})
		})
	}
}

func TestAPersonChoosesInWriting(t *testing.T) {
	const step = `{"menu": {"with": "@ann", "text": "What is it, ${caller_id_name}?", "set": "choice", "buttons": [
		[{"caption": "Orders", "code": "o", "nextFlow": [{"setVar": "v=orders"}]}, {"caption": "Help", "text": "I need help", "nextFlow": [{"setVar": "v=help"}]}],
		[{"caption": "Our page", "url": "https://a.example/?n=${caller_id_name}"}], [{"caption": "Nothing"}]],
		"default": [{"setVar": "v=default"}]}}`
	const shown = "What is it, Ann?\n1. Orders\n2. Help\nOur page: https://a.example/?n=Ann\n3. Nothing"
	for name, row := range map[string]struct {
		writes       []string
		v, choice, e string
		asked        int
	}{
		"a number":               {[]string{"1"}, "orders", "o", "", 1},
		"a number with a point":  {[]string{" 2. "}, "help", "I need help", "", 1},
		"a caption":              {[]string{"orders"}, "orders", "o", "", 1},
		"a text":                 {[]string{"i need HELP"}, "help", "I need help", "", 1},
		"one that has no steps":  {[]string{"3"}, "", "Nothing", "", 1},
		"at the second try":      {[]string{"0", "1"}, "orders", "o", "", 2},
		"nothing that is there":  {[]string{"4", "our page", "${v}"}, "default", "", "", 3},
		"nothing in time":        {nil, "default", "", "no_message", 1},
		"nonsense, then nothing": {[]string{"?"}, "default", "", "no_message", 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pal := penPal{writes: row.writes}
				_, s, _ := perform(t, around(`{"answer": ""}, `+step), pal.with)
				if s.Value("v") != row.v || s.Value("choice") != row.choice || s.Value("last_error") != row.e {
					t.Errorf("v %q, choice %q, %q", s.Value("v"), s.Value("choice"), s.Value("last_error"))
				}
				if len(pal.sent) != row.asked || pal.sent[0] != shown || pal.open != 0 {
					t.Errorf("sent %q, %d open", pal.sent, pal.open)
				}
			})
		})
	}
}

func TestTheEndOfTheCallEndsAConversation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, step := range []string{`{"recvMessage": {"set": "v", "with": "@ann"}}`, `{"menu": {"with": "@ann", "text": "?", "buttons": [{"caption": "a"}]}}`} {
			stage, pal := rehearsal.New(t.Output()), &penPal{}
			o := stage.Options(&route.Library{Scripts: []*route.Script{parse(t, "x.json", around(step+`, {"setVar": "v=never"}`))}}, tuesday)
			pal.with(stage, &o)
			e := route.NewEngine(o)
			s, err := e.Begin(stage, route.Arrival{Context: route.Default, Number: "1"})
			if err != nil {
				t.Fatal(err)
			}
			ctx, hangUp := context.WithTimeout(t.Context(), 3*time.Second)
			if ending := e.Run(ctx, stage, s); ending.Kind != route.Gone || s.Value("v") != "" || pal.open != 0 {
				t.Errorf("%s: %+v", step, ending)
			}
			hangUp()
		}
	})
}
