package template

import (
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type values map[string]string

func (v values) Variable(name string) string { return v[name] }
func (v values) Global(name string) string   { return "global " + name }

func (v values) Secret(name string) string {
	return map[string]string{"hook": "https://hooks.example/T0?k=v/w"}[name]
}
func (v values) Capture(register int, group string) string {
	return map[string]string{"0/1": "12", "0/0": "5512", "1/1": "one", "0/ext": "77"}[string(rune('0'+register))+"/"+group]
}
func (v values) Cookie(jar, name string) string { return jar + "=" + name }
func (v values) Now() time.Time                 { return time.Date(2026, 11, 21, 17, 5, 0, 0, time.UTC) }

var someone = values{
	"name": `Ann "<b>" & ${secret} &reg0.$1 $1`, "number": "+38 (050) 123-45-67", "list": "ARRAY::one|:two", "empty": "",
	"contact": `{"phones": ["1", "2"], "name": "Bob"}`, "path": "../../etc", "q": "a b&c=d", "cmd": "a$${{system ls}\r\nb", "ua": "Олена",
}

func render(t *testing.T, text string, a Allow, e Escape) string {
	t.Helper()
	parsed, err := Parse(text, a)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return parsed.Render(someone, e)
}

func TestWhatStandsForSomethingElse(t *testing.T) {
	for text, want := range map[string]string{
		"plain & simple $5 AT&T(x)":              "plain & simple $5 AT&T(x)",
		"<${number|digits}>":                     "<380501234567>",
		"${number|digits|right:9|reverse}":       "765432105",
		"${number|e164}":                         "+380501234567",
		"${nobody|default:a friend}":             "a friend",
		"${name|default:x|left:3|upper}":         "ANN",
		"${number|mask}":                         "***************5-67",
		"${list[1]}${list[7]}${number[0]}":       "two+38 (050) 123-45-67",
		"${contact.phones.1}, ${contact.name}":   "2, Bob",
		"${contact.nobody}":                      "",
		"38050&reg0.$1, ${1}, &reg1.$1 &reg9.$9": "3805012, 12, one ",
		"${reg.ext}":                             "77",
		"&hour():&minute() &wday() &date_time()": "17:5 7 2026-11-21 17:05:00",
		"&strftime(%d.%m.%Y %H:%M)":              "21.11.2026 17:05",
		"${strftime(%H)}":                        "17",
		"&random(4-4)":                           "4",
		"${q.uri()}, ${q|uri}":                   "a+b%26c%3Dd, a+b%26c%3Dd",
		"${cookie:crm:BPMCSRF}":                  "crm=BPMCSRF",
		"$1 costs":                               "$1 costs",
		"${ua|left:1}${ua|lower}":                "Оолена",
		"&epoch()":                               "1795280700",
		"${name|html}":                           "Ann &#34;&lt;b&gt;&#34; &amp; ${secret} &amp;reg0.$1 $1",
		"${name|json}":                           `Ann \"\u003cb\u003e\" \u0026 ${secret} \u0026reg0.$1 $1`,
		"&reg0":                                  "&reg0",
		"&hourly(1)":                             "&hourly(1)",
	} {
		if got := render(t, text, Allow{}, Raw); got != want {
			t.Errorf("%s\n got %s\nwant %s", text, got, want)
		}
	}
}

func TestValuesAreNeverReadAgain(t *testing.T) {
	if got := render(t, "${name}", Allow{}, Raw); got != someone["name"] {
		t.Errorf("%q became %q", someone["name"], got)
	}
}

func TestValuesBecomeTextOfWhereTheyGo(t *testing.T) {
	for _, tc := range []struct {
		text   string
		escape Escape
		want   string
	}{
		{"<b>${name}</b>", HTML, "<b>Ann &#34;&lt;b&gt;&#34; &amp; ${secret} &amp;reg0.$1 $1</b>"},
		{"*${q}* <tel:1|1>", Slack, "*a b&amp;c=d* <tel:1|1>"},
		{"/x/${path}", Segment, "/x/..%2F..%2Fetc"},
		{"?q=${q}", Query, "?q=a+b%26c%3Dd"},
		{"set ${cmd}", Command, "set asystem ls}  b"},
		{"_${number}_", Markdown, `_\+38 \(050\) 123\-45\-67_`},
	} {
		if got := render(t, tc.text, Allow{}, tc.escape); got != tc.want {
			t.Errorf("%s\n got %s\nwant %s", tc.text, got, tc.want)
		}
	}
	if got := Segment.Apply(".."); got != "%2E%2E" {
		t.Errorf("two dots lead upwards: %s", got)
	}
}

func TestNothingForFreeSWITCHBeginsAnExpression(t *testing.T) {
	for _, value := range []string{"${x}", "$${{x}", "$", "{x}", "$${${{x}}", "a$", "$$${"} {
		v := values{"v": value}
		for _, text := range []string{"${v}", "a${v}b${v}c", "${v}${v}", "$5${v}{"} {
			parsed, err := Parse(text, Allow{})
			if err != nil {
				t.Fatal(err)
			}
			if got := parsed.Render(v, Command); strings.Contains(got, "${") {
				t.Errorf("%q in %q becomes %q", value, text, got)
			}
		}
	}
}

func TestWhatTheScriptEscapesIsNotEscapedTwice(t *testing.T) {
	for text, want := range map[string]string{"${q|html} ${q}": "a b&amp;c=d a b&amp;c=d", "${q|uri}": "a+b%26c%3Dd"} {
		if got := render(t, text, Allow{}, HTML); got != want {
			t.Errorf("%s becomes %s, want %s", text, got, want)
		}
	}
	if got := render(t, "${cmd|html}", Allow{}, Command); strings.Contains(got, "${") {
		t.Errorf("a filter lets commands through: %s", got)
	}
}

func TestAURLIsEscapedByPosition(t *testing.T) {
	parsed, err := Parse("https://crm.example/p/${path}/x?q=${q}&n=${number|digits}", Allow{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := parsed.RenderURL(someone), "https://crm.example/p/..%2F..%2Fetc/x?q=a+b%26c%3Dd&n=380501234567"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	secret, err := Parse("$${hook}&n=${q}", Allow{Secrets: true})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := secret.RenderURL(someone), "https://hooks.example/T0?k=v/w&n=a+b%26c%3Dd"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestTheHostIsNotTheCallersChoice(t *testing.T) {
	for text, foreign := range map[string]bool{
		"https://${host}/x": true, "${url}": true, "https://a.${x}": true, "https://a.example/${x}": false, "https://a.example?${x}": false,
		"$${hook}${x}": false, "https://a.example": false,
	} {
		parsed, err := Parse(text, Allow{Secrets: true})
		if err != nil || parsed.ForeignHost() != foreign {
			t.Errorf("%s: %v, %v", text, parsed.ForeignHost(), err)
		}
	}
}

func TestMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"a ${b":               "character 3: \"${\" has no end",
		"$${a b}":             "is no name",
		"${a|shout}":          `no filter "shout"`,
		"${a|left:x}":         "number of characters",
		"${a b}":              "no name",
		"${}":                 "no name",
		"${system(ls)}":       `no function "system"`,
		"${sofia_contact(1)}": "have no place here",
		"&hour(8-17)":         "a condition has no place",
		"&hour(":              "has no end",
		"&strftime(%q)":       "%q is not known",
		"&random(6-1)":        "two numbers",
		"${a[x]}":             "want a number",
	} {
		if _, err := Parse(text, Allow{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}

func TestWhatIsAllowedOnlySomewhere(t *testing.T) {
	allowed := Allow{Secrets: true, Bare: true, Functions: true}
	got := render(t, "$1 for $${hook} by ${sofia_contact(1001@x)}", allowed, Command)
	if got != "12 for https://hooks.example/T0?k=v/w by ${sofia_contact(1001@x)}" {
		t.Error(got)
	}
}

func TestATemplateKnowsWhatItReads(t *testing.T) {
	parsed, err := Parse("${a} $${s} ${b|html} ${1} &hour()", Allow{Secrets: true})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(parsed.Variables(), []string{"a", "b"}) || !slices.Equal(parsed.Secrets(), []string{"s"}) {
		t.Errorf("%q, %q", parsed.Variables(), parsed.Secrets())
	}
	if _, plain := parsed.Constant(); plain || parsed.Empty() {
		t.Error("taken for plain text")
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"${a|default:x} $${k}", "&strftime(%H)&reg0.$1", "${a[1]}${b.c.0}", "&random(1-6)", "${create_uuid()}", "$1${"} {
		f.Add(s, "${evil}\r\n")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		parsed, err := Parse(text, Allow{Secrets: true, Bare: true})
		if err != nil {
			return
		}
		v := values{}
		for _, name := range parsed.Variables() {
			v[name] = value
		}
		if plain, ok := parsed.Constant(); ok && plain != text {
			t.Errorf("%q without variables is %q", text, plain)
		}
		if got := parsed.Render(v, Command); !strings.Contains(text, "\n") && strings.Contains(got, "\n") {
			t.Errorf("%q and %q: a line break got through: %q", text, value, got)
		}
		parsed.RenderURL(v)
	})
}
