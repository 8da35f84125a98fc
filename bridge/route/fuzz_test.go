package route_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchgram/bridge/route"
	"switchgram/bridge/route/rehearsal"
)

// FuzzParse: whatever is read is refused with places, or is a script that can be looked at.
func FuzzParse(f *testing.F) {
	names, err := filepath.Glob("../../docs/routes/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add(around(`{"setVar": []}, {"limit": {}}, {"switch": {"case": {"/(/": []}}}, {"function": 5}, {"trigger": {"x": 1}}`))
	f.Fuzz(func(t *testing.T, text string) {
		s, err := route.Parse("f", strings.NewReader(text))
		if err != nil {
			if len(route.Problems(err)) == 0 {
				t.Errorf("%q: an error without a place: %v", text, err)
			}
			return
		}
		s.Lint()
	})
}

// FuzzRun: hostile callers and web servers go through every kind of step, and no step breaks.
func FuzzRun(f *testing.F) {
	steps := []string{
		`{"setVar": "all:a=${caller_id_name}"}`, `{"httpRequest": {"url": "https://a.example/${caller_id_name}?q=${caller_id_number}", "data": {"n": "${caller_id_name}"}, "exportVariables": {"x": "a.#.b", "y": "."}}}`,
		`{"httpRequest": {"url": "https://a.example", "headers": {"X-Name": "${caller_id_name}", "Content-Type": "text/xml"}, "data": "<a>${caller_id_name}</a>", "parser": "xml", "exportVariables": {"z": "//a/@b"}}}`,
		`{"bridge": {"endpoints": [{"type": "user", "name": "${caller_id_name}"}]}}`, `{"conference": "${caller_id_name}"}`, `{"playback": "${caller_id_name}"}`,
		`{"park": "${caller_id_name}"}`, `{"sendMessage": {"to": "@x", "format": "html", "message": "<b>${caller_id_name}</b>"}}`,
		`{"string": {"fn": "replace", "data": "${caller_id_name}", "args": ["${caller_id_number}", "$1"], "setVar": "s"}}`,
		`{"string": {"fn": "search", "data": "${caller_id_name}", "args": ["${caller_id_number}"], "setVar": "s"}}`,
		`{"string": {"fn": "substr", "data": "${caller_id_name}", "args": ["${caller_id_number}", "${caller_id_name}"], "setVar": "s"}}`,
		`{"math": {"fn": "random", "data": "${caller_id_name}", "setVar": "m"}}`, `{"if": {"expression": "${caller_id_name} > ${caller_id_number} && ${x.y}"}}`,
		`{"schedule": {"action": "goto", "data": "${caller_id_name}"}}`, `{"goto": "${caller_id_name}"}`, `{"hangup": "${caller_id_name}"}`,
	}
	script := parse(f, "f.json", around(strings.Join(steps, ",")))
	for _, name := range []string{"Ann", "${system(ls)}", "default:1", "a\r\nb: c", `"}]`, "-1", "\xff", "&reg0.$1"} {
		f.Add(name, "+380", `{"a": [{"b": 1}]}`)
	}
	f.Fuzz(func(t *testing.T, name, number, answer string) {
		stage := rehearsal.New(io.Discard)
		if err := stage.Expect("httpRequest", "200:"+answer); err != nil {
			t.Fatal(err)
		}
		channel := &guarded{stage, t}
		e := route.NewEngine(stage.Options(&route.Library{Scripts: []*route.Script{script}}, tuesday))
		facts := map[string]string{"caller_id_name": name, "caller_id_number": number}
		s, err := e.Begin(channel, route.Arrival{Context: route.Default, Number: "1", Facts: facts})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if e.Run(ctx, channel, s); s.Value("last_error") == "bug" {
			t.Errorf("%q, %q, %q: a step broke at %s", name, number, answer, s.Value("last_error_step"))
		}
	})
}

// guarded is a channel to FreeSWITCH that looks at what it is handed.
type guarded struct {
	*rehearsal.Stage
	t *testing.T
}

func (g *guarded) look(what, s string) {
	if strings.Contains(s, "${") || strings.ContainsAny(s, "\r\n\x00") {
		g.t.Errorf("%s: %q would be a command", what, s)
	}
}

func (g *guarded) SetVariable(_ context.Context, name, value string, _ route.Scope) error {
	g.look("variable "+name, value)
	return nil
}

func (g *guarded) UnsetVariable(context.Context, string) error { return nil }

func (g *guarded) Execute(_ context.Context, application, argument string) error {
	g.look(application, argument)
	return nil
}

func (g *guarded) Play(_ context.Context, p route.Prompt) error {
	for _, s := range p.Sounds {
		g.look("sound", s.Name)
		if strings.Contains(s.Name, "..") && s.Kind == route.File {
			g.t.Errorf("%q leaves the folder of sounds", s.Name)
		}
	}
	return nil
}

func (g *guarded) Connect(_ context.Context, d route.Dial) (route.Connected, error) {
	for _, target := range d.Targets {
		g.look("target", target.Name)
	}
	for _, s := range []string{d.CallerName, d.CallerID, d.Variables["a"]} {
		g.look("caller", s)
	}
	return route.Connected{}, nil
}
