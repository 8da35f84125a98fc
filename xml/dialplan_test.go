package xml

import (
	"slices"
	"strings"
	"testing"
)

func TestTarget(t *testing.T) {
	for _, c := range []struct {
		dialled, who string
		prefixed     bool // found even where tg is wanted
	}{
		{"tg#ann", "@ann", true},
		{"tg@ann_2", "@ann_2", true},
		{"tgann", "@ann", true},
		{"tg+4930123456", "+4930123456", true},
		{"tg030123456", "030123456", true},
		{"tg*123456789", "*123456789", true},
		{"tg*7", "*7", true},
		{"@ann", "@ann", false},
		{"+4930123456", "+4930123456", false},
		{"*123456789", "*123456789", false},
		{"", "", false},
		{"tg", "", false},
		{"tg@", "", false},
		{"tg#", "", false},
		{"tg##ann", "", false},
		{"tg@@ann", "", false},
		{"tg#*77777", "", false},
		{"tg@1ann", "", false},
		{"tg+1", "", false},
		{"tg++4930123456", "", false},
		{"tg${system(id)}", "", false},
		{"tg@ann,user/1000", "", false},
		{"tg@ann\n", "", false},
		{"tg@" + strings.Repeat("a", 33), "", false},
		{"ann", "", false},
		{"1000", "", false},
		{"030123456", "", false},
		{"*98", "", false},
		{"*01234567", "", false},
		{"@ann b", "", false},
		{"@аnn", "", false}, // Cyrillic
	} {
		if who, ok := Target(c.dialled, false); who != c.who && ok || ok != (c.who != "") {
			t.Errorf("%q: %q, %v, want %q", c.dialled, who, ok, c.who)
		}
		if _, ok := Target(c.dialled, true); ok != c.prefixed {
			t.Errorf("%q where tg is wanted: %v", c.dialled, ok)
		}
	}
}

func TestCallerIsWhoLoggedIn(t *testing.T) {
	telephone, browser := dial(t, "tg@ann"), asked(t, "verto_call")
	for name, c := range map[string]struct{ body, by string }{
		"a telephone":                                {telephone, "1000"},
		"a telephone that says it is another":        {strings.ReplaceAll(telephone, "Hunt-Username=1000", "Hunt-Username=1001"), "1000"},
		"a browser that says it is root":             {browser, "1001"}, // the browser of the capture did
		"a user of another domain":                   {strings.ReplaceAll(telephone, "variable_domain_name=127.0.0.1", "variable_domain_name=voice.example"), ""},
		"a loopback channel, which nobody logged in": {strings.ReplaceAll(asked(t, "screen_loopback"), "3500-screen", "tg@ann"), ""},
	} {
		b := &board{}
		ask(t, newHandler(t, options(b)), c.body)
		if len(b.wishes) != 1 || b.wishes[0].By != c.by || b.wishes[0].Who != "@ann" {
			t.Errorf("%s: %+v, want one by %q", name, b.wishes, c.by)
		}
	}
}

func TestLineCanBeChosenByAVariable(t *testing.T) {
	b := &board{}
	ask(t, newHandler(t, options(b)), dial(t, "tg@ann")+"&variable_tg_line=support")
	if len(b.wishes) != 1 || b.wishes[0].Line != "support" {
		t.Errorf("%+v", b.wishes)
	}
}

func TestWhereNumbersGo(t *testing.T) {
	for name, c := range map[string]struct {
		number, context string
		prefixed        bool
		applications    []string // of the answer, with data; nil: not found
	}{
		"somebody on telegram":              {number: "%2B4930123456", applications: []string{"bridge user/telegram@127.0.0.1", "export nolocal:sip_h_X-TG-Dial=+4930123456"}},
		"somebody, where tg is wanted":      {number: "%2B4930123456", prefixed: true},
		"somebody by tg, where it is":       {number: "tg%23ann", prefixed: true, applications: []string{"export nolocal:sip_h_X-TG-Dial=@ann"}},
		"a person of ours":                  {number: "1001", applications: []string{"bridge user/1001@127.0.0.1"}},
		"the screen of one":                 {number: "1001-screen", applications: []string{"set effective_caller_id_number=${caller_id_number}-screen", "bridge user/1001@127.0.0.1"}},
		"the screen of a conference":        {number: "3500-screen"},
		"the user of a line":                {number: "telegram"},
		"a script":                          {number: "3500", applications: []string{"socket 127.0.0.1:8084 async full", "hangup NORMAL_TEMPORARY_FAILURE"}},
		"a script, from telegram":           {number: "3500", context: "incoming", applications: []string{"socket 127.0.0.1:8084 async full"}},
		"a person, from telegram":           {number: "1001", context: "incoming", applications: []string{"bridge user/1001@127.0.0.1"}},
		"telegram, from telegram":           {number: "tg@ann", context: "incoming"},
		"a person, from elsewhere":          {number: "1001", context: "public"},
		"a script, from elsewhere":          {number: "3500", context: "public"},
		"a number with a variable in it":    {number: "tg$%7Bsystem(id)%7D"},
		"a number with an expression in it": {number: "1001%7C.*"},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(&board{})
			o.Dialplan.Prefixed = c.prefixed
			body := dial(t, c.number)
			if c.context != "" {
				body = strings.ReplaceAll(body, "Hunt-Context=default", "Hunt-Context="+c.context)
			}
			got := ask(t, newHandler(t, o), body)
			if isNotFound(got) != (c.applications == nil) {
				t.Fatalf("found is wrong:\n%s", got)
			}
			for _, a := range c.applications {
				application, data, _ := strings.Cut(a, " ")
				if !strings.Contains(got, `<action application="`+application+`" data="`+data+`"/>`) {
					t.Errorf("no %s in\n%s", a, got)
				}
			}
		})
	}
}

func TestWhoMayNotIsRefused(t *testing.T) {
	got := ask(t, newHandler(t, options(&board{})), asked(t, "verto_call")) // of 1001
	if !strings.Contains(got, `<action application="hangup" data="OUTGOING_CALL_BARRED"/>`) || strings.Contains(got, "bridge") {
		t.Error(got)
	}
}

// TestFreeSWITCHComparesTheNumberAgain: "tg%40ann" dialled as it stands here comes like tg@ann, since FreeSWITCH does not encode a percent sign
// before two hexadecimal digits.
func TestFreeSWITCHComparesTheNumberAgain(t *testing.T) {
	got := ask(t, newHandler(t, options(&board{})), dial(t, "tg%40ann.+"))
	if !isNotFound(got) {
		t.Error(got)
	}
	got = ask(t, newHandler(t, options(&board{})), dial(t, "tg*123456789"))
	if !strings.Contains(got, `expression="^tg\*123456789$"`) {
		t.Error(got)
	}
}

func FuzzTarget(f *testing.F) {
	for _, s := range []string{"tg#ann", "tg@ann", "tg+4930123456", "*123456789", "tg${system(id)}"} {
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, dialled string, prefixed bool) {
		who, ok := Target(dialled, prefixed)
		if !ok {
			return
		}
		if strings.Trim(who, "+*@_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" || who == "" || len(who) > 33 {
			t.Errorf("%q is %q", dialled, who)
		}
		if prefixed && !strings.HasPrefix(dialled, "tg") {
			t.Errorf("%q has no prefix", dialled)
		}
		if !slices.Contains([]byte("+*@0123456789"), who[0]) {
			t.Errorf("%q is %q", dialled, who)
		}
	})
}
