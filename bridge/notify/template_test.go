package notify

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode"

	"switchgram/bridge"
)

// hostile are names that people give themselves to be more than text somewhere.
var hostile = []string{
	`Bobby"},{"text":"paid`, `<!channel> <script>alert(1)</script>`, "Ann\r\nBcc: all@example.org\r\n\r\nhello", "{{.Secrets}} ${jndi:ldap://x}",
	"\u202Eexe.ann", "a\x00b\x1b[31mred", `back\slash\`, "&amp;&lt;", "=cmd|' /C calc'!A0", "\xff\xfe", strings.Repeat("long ", 1000), "*bold* _it_ `c`",
}

// reportOf is a missed call of somebody of that name.
func reportOf(name string) *bridge.Report {
	ev := Sample(bridge.CallMissed, time.Now())
	ev.Caller.FirstName, ev.Caller.LastName, ev.Party.FirstName = name, "", name
	r := ev.Report()
	return &r
}

func prepared(t testing.TB, h HTTP) *post {
	t.Helper()
	h.URL = "https://hooks.example.org/in"
	s, err := h.prepare()
	if err != nil {
		t.Fatal(err)
	}
	return s.(*post)
}

func TestHostileNamesAreTextInJSON(t *testing.T) {
	p := prepared(t, HTTP{JSON: `{"text": "Missed: {{.Caller.Name}}{{with .Caller.Number}} ({{.}}){{end}}", "n": 1}`, Escape: "mrkdwn"})
	for _, name := range hostile {
		body, err := p.make(reportOf(name), nil)
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		var got map[string]any
		if err := json.Unmarshal(body, &got); err != nil || len(got) != 2 {
			t.Errorf("%q made %s (%v)", name, body, err)
			continue
		}
		text := got["text"].(string)
		if strings.ContainsAny(text, "<>") || !strings.HasPrefix(text, "Missed: ") || len(text) > 2*longestText {
			t.Errorf("%q came out as %q", name, text)
		}
		if i := strings.IndexFunc(text, func(r rune) bool { return unicode.IsControl(r) || turns(r) }); i >= 0 {
			t.Errorf("%q: %q has characters that are not text", name, text)
		}
	}
}

func TestHostileNamesAreTextInHTMLWithinAForm(t *testing.T) {
	p := prepared(t, HTTP{Form: map[string]string{"message": "<b>{{.Caller.Name}}</b>", "html": "1", "url": "{{.Recording}}"}, Escape: "html"})
	for _, name := range hostile {
		body, err := p.make(reportOf(name), nil)
		if err != nil {
			t.Fatal(err)
		}
		fields, err := url.ParseQuery(string(body))
		if err != nil || fields.Get("html") != "1" {
			t.Fatalf("%q made %q (%v)", name, body, err)
		}
		inner := strings.TrimSuffix(strings.TrimPrefix(fields.Get("message"), "<b>"), "</b>")
		if strings.ContainsAny(inner, `<>"'`) || strings.ContainsAny(inner, "\r\n") {
			t.Errorf("%q came out as %q", name, inner)
		}
	}
}

func TestSecretsStandWhereTheTemplateHasThemAndNowhereElse(t *testing.T) {
	p := prepared(t, HTTP{Form: map[string]string{"token": `{{secret "t"}}`, "message": "{{.Caller.Name}}"}, Escape: "html", Secrets: map[string]string{"t": "a&b<c"}})
	body, err := p.make(reportOf("Ann"), nil)
	if fields, _ := url.ParseQuery(string(body)); err != nil || fields.Get("token") != "a&b<c" || fields.Get("message") != "Ann" {
		t.Errorf("made %q (%v)", body, err)
	}
}

func TestWhatATemplateMakesIsBounded(t *testing.T) {
	c := compose{}
	tmpl, err := c.parse("big", strings.Repeat("{{range .Recordings}}{{.Place}}{{end}}", 100))
	if err != nil {
		t.Fatal(err)
	}
	r := reportOf("Ann")
	for range 1000 {
		r.Recordings = append(r.Recordings, *Sample(bridge.RecordingReady, time.Now()).Recording)
	}
	if _, err := fill(tmpl, r); err == nil {
		t.Error("a template made megabytes")
	}
}

func TestMistakesOfASubscriptionAreFoundAtTheStart(t *testing.T) {
	address := "https://hooks.example.org/in"
	for name, c := range map[string]struct {
		s    Subscription
		want string
	}{
		"no key":             {Subscription{Name: "a", Events: []string{"call.missed"}, To: HTTP{URL: address}}, "key"},
		"no such event":      {Subscription{Name: "a", Events: []string{"call.mised"}, To: HTTP{URL: address, Unsigned: true}}, "none of that kind"},
		"no such field":      {Subscription{Name: "a", Events: []string{"call.missed"}, To: HTTP{URL: address, JSON: `{"a":"{{.Name}}"}`}}, "Name"},
		"nothing there":      {Subscription{Name: "a", Events: []string{"call.*"}, To: HTTP{URL: address, JSON: `{"a":"{{.Times.Wait}}"}`}}, "call.incoming"},
		"no JSON":            {Subscription{Name: "a", Events: []string{"line.up"}, To: HTTP{URL: address, JSON: `{"a":{{.Line}}}`}}, "no JSON"},
		"no such secret":     {Subscription{Name: "a", Events: []string{"line.up"}, To: HTTP{URL: address, JSON: `{"a":"{{secret "b"}}"}`}}, `no secret "b"`},
		"no such escape":     {Subscription{Name: "a", Events: []string{"line.up"}, To: HTTP{URL: address, JSON: `{}`, Escape: "xml"}}, "html"},
		"no address":         {Subscription{Name: "a", Events: []string{"line.up"}, To: HTTP{URL: "hooks/secret", Unsigned: true}}, "http"},
		"no name":            {Subscription{Events: []string{"line.up"}, To: HTTP{URL: address, Unsigned: true}}, "name"},
		"no events":          {Subscription{Name: "a", To: HTTP{URL: address, Unsigned: true}}, "events"},
		"nobody":             {Subscription{Name: "a", Events: []string{"line.up"}}, "endpoint"},
		"wrong direction":    {Subscription{Name: "a", Events: []string{"line.up"}, Directions: []string{"up"}, To: HTTP{URL: address, Unsigned: true}}, "inside"},
		"key and unsigned":   {Subscription{Name: "a", Events: []string{"line.up"}, To: HTTP{URL: address, Unsigned: true, Keys: []string{oldKey}}}, "unsigned"},
		"a key that is none": {Subscription{Name: "a", Events: []string{"line.up"}, To: HTTP{URL: address, Keys: []string{"secret"}}}, "whsec_"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := NewPlan([]Subscription{c.s})
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret\n") || strings.Contains(err.Error(), "hooks/") {
				t.Errorf("got %v, want something of %q", err, c.want)
			}
		})
	}
}

func TestWhoHearsOfWhat(t *testing.T) {
	to := HTTP{URL: "https://hooks.example.org/", Unsigned: true}
	p, err := NewPlan([]Subscription{
		{Name: "missed", Events: []string{"call.missed"}, To: to},
		{Name: "sales", Events: []string{"call.*"}, Lines: []string{"sales"}, To: to},
		{Name: "out", Events: []string{"call.*", "line.down"}, Directions: []string{"out"}, To: to},
	})
	if err != nil {
		t.Fatal(err)
	}
	sales := Sample(bridge.CallMissed, time.Now())
	sales.Line = "sales"
	out := Sample(bridge.CallRinging, time.Now())
	out.From, out.To = out.To, out.From
	digit := Sample(bridge.CallRinging, time.Now())
	digit.Kind = bridge.CallDigit
	for name, c := range map[string]struct {
		ev   bridge.Event
		want string
	}{
		"a missed call of sales": {sales, "missed sales"},
		"a call to Telegram":     {out, "out"},
		"a line":                 {Sample(bridge.LineDown, time.Now()), "out"},
		"a key":                  {digit, ""},
	} {
		var got []string
		first := p.Notifications(c.ev)
		for i, n := range p.Notifications(c.ev) {
			got = append(got, n.Endpoint)
			if n.ID != first[i].ID || !strings.HasPrefix(n.ID, "msg_") || i > 0 && n.ID == first[0].ID {
				t.Errorf("%s: ids %q and %q", name, n.ID, first[i].ID)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s is told to %v, want %s", name, got, c.want)
		}
	}
}

func FuzzEscapes(f *testing.F) {
	for _, name := range hostile {
		f.Add(name)
	}
	p := prepared(f, HTTP{JSON: `{"text": "{{.Caller.Name}}"}`, Escape: "html"})
	f.Fuzz(func(t *testing.T, name string) {
		body, err := p.make(reportOf(name), nil)
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]string
		if err := json.Unmarshal(body, &got); err != nil || len(got) != 1 || strings.ContainsAny(got["text"], "<>\r\n\"'") {
			t.Errorf("%q made %s (%v)", name, body, err)
		}
	})
}
