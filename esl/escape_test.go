package esl_test

import (
	"context"
	"errors"
	"math/rand"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"switchgram/esl"
	"switchgram/esl/esltest"
)

// hostile are names a caller may give himself.
var hostile = []string{
	"${create_uuid()}", "$${domain}", "${system(reboot)}", `$\{system(reboot)}`, `\${x}`, "$${{x}", "$'{'x}", "$$", "$", "a$ {b", "Ann ${", "A$AP",
	"O'Brien", `"Ann"`, "a,b", "a, origination_uuid=1", "}{x=1}", "]", "[x=y]", "<a>", "a|b", ":_:", ":_:_:", "x:_:user/1000", "^^:a=1", "&hangup()",
	`\`, `\\`, `\'`, `'`, "''", `\n`, `\s`, " lead", "trail ", "ARRAY::a|:b", "ARRAY::ARRAY::a", "%[a=1]x", " %,[a=1]x", "50%20off", "Привет «мир»",
	"a\nContent-Length: 5\n\nhello", "a\r\ncall-command: hangup", "a\x00b", "\xff\xfe", "\u202egnp.exe", "undef", "=", "a=b=c", "`id`", "",
}

// random makes names of what FreeSWITCH's parsers look for.
func random(n int) (names []string) {
	r := rand.New(rand.NewSource(1))
	letters := []rune("ab',\\ \"=^|[]<>:_&()$;%#~\t`!nsЖ{}\n")
	for range n {
		var b strings.Builder
		for range 1 + r.Intn(14) {
			b.WriteRune(letters[r.Intn(len(letters))])
		}
		names = append(names, b.String())
	}
	return names
}

func harmless(t *testing.T, from, s string) {
	t.Helper()
	bare := strings.NewReplacer(`\`, "", "'", "", `"`, "", " ", "").Replace(s)
	if strings.Contains(bare, "${") || strings.HasSuffix(bare, "$") || strings.ContainsAny(s, "\r\n\x00") || strings.HasPrefix(s, "ARRAY::") || !utf8.ValidString(s) {
		t.Errorf("%q became %q", from, s)
	}
}

func TestForeignTextIsHarmless(t *testing.T) {
	for _, s := range append(random(1000), hostile...) {
		harmless(t, s, esl.Text(s))
	}
	for in, want := range map[string]string{
		"${create_uuid()}": "{create_uuid()}", "A$AP": "A$AP", "O'Brien, Ann": "O'Brien, Ann", "two\nlines": "two lines", "%[a=1]x": "[a=1]x",
		"ARRAY::ARRAY::a": "a", "5 $": "5 ", "Привет": "Привет", `a\b`: `a\b`,
	} {
		if got := esl.Text(in); got != want {
			t.Errorf("Text(%q) = %q, want %q", in, got, want)
		}
	}
}

// TestHostileCallerArrivesAsItIs: whatever the name is, it becomes the value of one variable, no other changes, and no command runs.
func TestHostileCallerArrivesAsItIs(t *testing.T) {
	s := startSwitch(t, esltest.Options{})
	c, ctx := dial(t, s, esl.Options{}), testContext(t)
	braces := strings.NewReplacer("{", "(", "}", ")")
	for _, name := range append(random(300), hostile...) {
		uuid, err := c.Originate(ctx, esl.Originate{To: "user/1000", CallerName: name, Variables: esl.Variables{"a": "begin", "tg_name": name, "z": "end"}})
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		must(t, c.SetVariable(ctx, uuid, "set", name))
		must(t, c.SetVariables(ctx, uuid, map[string]string{"one": name, "other": name, "z": "end"}))
		e, err := c.Dump(ctx, uuid)
		must(t, err)
		want := braces.Replace(esl.Text(name))
		if got := e.Variable("tg_name"); got != want || e.Variable("origination_caller_id_name") != want {
			t.Errorf("%q arrived as %q, want %q", name, got, want)
		}
		for _, variable := range []string{"set", "one", "other"} {
			if got := e.Variable(variable); got != esl.Text(name) {
				t.Errorf("%q was set as %s: %q", name, variable, got)
			}
		}
		if e.Variable("a") != "begin" || e.Variable("z") != "end" || e.UUID() != uuid {
			t.Errorf("%q changed other variables: %v", name, e)
		}
		must(t, c.Kill(ctx, uuid, ""))
	}
}

func TestWords(t *testing.T) {
	for _, s := range []string{"1000", "+4930123", "room@default", "sofia::register", "/tmp/a.wav", "a(b)"} {
		if _, err := esl.Word(s); err != nil {
			t.Error(err)
		}
	}
	for _, s := range []string{"", "a b", "a'b", "${x}", "a\nb", "ж", "a\\", "a|b", "[a]", "a&b", "{a}"} {
		if _, err := esl.Word(s); !errors.Is(err, esl.ErrUnsafe) {
			t.Errorf("Word(%q): %v", s, err)
		}
		if _, err := esl.Number(s); !errors.Is(err, esl.ErrUnsafe) {
			t.Errorf("Number(%q): %v", s, err)
		}
	}
	for _, s := range []string{"1@evil", "a,b", "a/b", "a:b"} {
		if _, err := esl.Number(s); !errors.Is(err, esl.ErrUnsafe) {
			t.Errorf("Number(%q): %v", s, err)
		}
	}
	if n, err := esl.Number("+15551234"); n != "+15551234" || err != nil {
		t.Errorf("%q, %v", n, err)
	}
}

func TestUnsafeArgumentsAreRefused(t *testing.T) {
	s := startSwitch(t, esltest.Options{})
	c, ctx := dial(t, s, esl.Options{}), testContext(t)
	refused := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, esl.ErrUnsafe) {
			t.Errorf("%s: %v", what, err)
		}
	}
	const bad = "x y"
	_, err := c.Exists(ctx, bad)
	refused("exists", err)
	_, err = c.Dump(ctx, bad)
	refused("dump", err)
	refused("kill", c.Kill(ctx, bad, ""))
	refused("kill", c.Kill(ctx, "x", bad))
	refused("bridge", c.Bridge(ctx, "x", bad))
	refused("variables", c.SetVariables(ctx, bad, map[string]string{"a": "b"}))
	refused("variables", c.SetVariables(ctx, "x", map[string]string{"a=b;c": "d"}))
	refused("transfer", c.Transfer(ctx, "x", esl.Transfer{Extension: bad}))
	refused("broadcast", c.Broadcast(ctx, bad, "x", ""))
	refused("dtmf", c.SendDTMF(ctx, "x", "1 2", 0))
	refused("dtmf", c.SendDTMF(ctx, "x", "", 0))
	refused("setvar", c.SetVariable(ctx, "x", bad, ""))
	refused("sendevent", c.SendEvent(ctx, bad, nil, ""))
	refused("sendmsg", c.SendMsg(ctx, bad, esl.Message{Hangup: "X"}))
	refused("sendmsg", c.SendMsg(ctx, "x", esl.Message{}))
	refused("sendmsg", c.SendMsg(ctx, "x", esl.Message{Execute: &esl.Execute{App: bad}}))
	_, err = c.Conference(ctx, bad, "list")
	refused("conference", err)
	for _, o := range []esl.Originate{
		{}, {To: "user/1000 &system()"}, {To: "{x=1}user/1"}, {To: "user/${x}"}, {To: "user/1:_:user/2"}, {To: "user/1\n"}, {To: "user/1", UUID: bad}, {To: "user/1", App: "a b"},
		{To: "user/1", App: "a", Arg: "b)c"}, {To: "user/1", Extension: bad}, {To: "user/1", Variables: esl.Variables{"a,b": "c"}}, {To: "user/1", Variables: esl.Variables{"": "c"}},
	} {
		_, err := c.Originate(ctx, o)
		refused("originate", err)
	}
	if got := s.Received(); len(got) != 1 {
		t.Errorf("FreeSWITCH got %q", got)
	}
}

func TestCommandsAsSent(t *testing.T) {
	s := startSwitch(t, esltest.Options{})
	c, ctx := dial(t, s, esl.Options{}), testContext(t)
	s.NewChannel(esltest.ChannelOptions{UUID: "u"})
	s.NewChannel(esltest.ChannelOptions{UUID: "v"})
	s.HandleApp("say", func(context.Context, *esltest.Channel, string) string { return "" })
	for want, do := range map[string]func() error{
		"api uuid_transfer u -both 3000 XML default": func() error {
			return c.Transfer(ctx, "u", esl.Transfer{Extension: "3000", Context: "default", Leg: esl.Both})
		},
		"api uuid_transfer u 3000":                   func() error { return c.Transfer(ctx, "u", esl.Transfer{Extension: "3000"}) },
		`api uuid_broadcast u say::en\sname\'s both`: func() error { return c.Broadcast(ctx, "u", "say::en name's", esl.Both) },
		"api uuid_send_dtmf u 12#@160":               func() error { return c.SendDTMF(ctx, "u", "12#", 160*time.Millisecond) },
		"api uuid_setvar u name ''":                  func() error { return c.SetVariable(ctx, "u", "name", "") },
		`api uuid_setvar_multi u a=1;b=x\;\sy;c=`: func() error {
			return c.SetVariables(ctx, "u", map[string]string{"b": "x; y", "a": "1", "c": ""})
		},
		"sendmsg v\ncall-command: hangup\nhangup-cause: BUSY": func() error { return c.SendMsg(ctx, "v", esl.Message{Hangup: "BUSY"}) },
		"sendmsg u\ncall-command: execute\nexecute-app-name: say\nevent-uuid: 7\nloops: 3\nevent-lock: true\ncontent-type: text/plain\nContent-Length: 3\n\na\nb": func() error {
			return c.SendMsg(ctx, "u", esl.Message{Execute: &esl.Execute{App: "say", Arg: "a\nb", ID: "7", Loops: 3}})
		},
		"sendevent CUSTOM\nEvent-Subclass: a::b\nName: {x}\nContent-Length: 2\n\nhi": func() error {
			return c.SendEvent(ctx, "CUSTOM", []esl.Field{{Name: "Event-Subclass", Value: "a::b"}, {Name: "Name", Value: "${x}"}}, "hi")
		},
	} {
		must(t, do())
		if got := s.Received(); got[len(got)-1] != want {
			t.Errorf("sent %q\nwant %q", got[len(got)-1], want)
		}
	}
}
