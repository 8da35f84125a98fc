package javascript

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "worker" {
		if err := Serve(os.Stdin, os.Stdout); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// patience is a safety net; no test waits so long when things go well.
const patience = time.Minute

var noon = time.Date(2026, 11, 24, 12, 30, 5, 0, time.FixedZone("Kyiv", 2*3600))

func compiled(t testing.TB, body string) *Program {
	t.Helper()
	p, err := Read(body)
	if err == nil {
		err = Inline{}.Check(p)
	}
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return p
}

// crew are workers that are gone when the test is over.
func crew(t testing.TB) *Workers {
	t.Helper()
	w := NewWorkers(os.Args[0], "worker")
	t.Cleanup(w.Close)
	return w
}

// values answers references by their names.
func values(p *Program, known map[string]string) (all []string) {
	for _, r := range p.References() {
		all = append(all, known[strings.Trim(r, "${}")])
	}
	return all
}

func TestWhatAScriptReturns(t *testing.T) {
	known := map[string]string{"name": `Ann"; throw 1; "`, "n": "5", "company": "Acme"}
	for body, want := range map[string]string{
		`return 1 + 1`:                                       "2",
		`return "a" + ${n}`:                                  "a5",
		`return ${n} > 4 ? "many" : "few"`:                   "many",
		`return ${name}`:                                     `Ann"; throw 1; "`,
		`return $${company}.length`:                          "4",
		"return `${1 + 1} ${variables.n} ` + ${n}":           "2 5 5",
		"return `a ${ {b: `c${${n}}`}.b } d`":                "a c5 d",
		`return "${n}" + '${n}'`:                             "${n}${n}",
		`// ${n} isn't` + "\n/* ${n} ' */ return ${n}":       "5",
		`return /['"${n}]/.test("'") + ${n}`:                 "true5",
		`var a = 6 / 2, b = '/'; return a / 1 + ${n} + b`:    "35/",
		`return variables.name.length + variables["n"]`:      "165",
		`variables.n = 6; return variables.n`:                "5",
		`return variables.nobody`:                            "",
		`return null`:                                        "",
		``:                                                   "",
		`return {a: [1, "x"]}`:                               `{"a":[1,"x"]}`,
		`return [1, 2]`:                                      `[1,2]`,
		`return true`:                                        "true",
		`return new Date(Date.UTC(2026, 0, 1))`:              `"2026-01-01T00:00:00.000Z"`,
		`return LocalDate().getHours()`:                      "12",
		`return new LocalDate().getFullYear()`:               "2026",
		`return new Date().getTime()`:                        "1795516205000",
		`return (async () => "kept")()`:                      "kept",
		`x = 3; return x`:                                    "3",
		`return typeof require + typeof setTimeout`:          "undefinedundefined",
		`return typeof process + typeof console`:             "undefinedundefined",
		`let f = (n) => n < 2 ? 1 : n * f(n-1); return f(5)`: "120",
	} {
		p := compiled(t, body)
		got, err := Inline{}.Evaluate(t.Context(), p.Job(values(p, known), known, noon))
		if err != nil || got != want {
			t.Errorf("%s\nreturns %q, %v, want %q", body, got, err, want)
		}
	}
}

func TestAMistakeIsFoundByItsLine(t *testing.T) {
	w := crew(t)
	for body, want := range map[string]string{
		"var a = 1;\nreturn a +;":          "line 2: ",
		"return )":                         "line 1: ",
		"}); (function() {":                "bracket",
		"return 1 })(); (() => { return 2": "bracket",
		"return ${n":                       "line 1: ",
		"return ${n\n}":                    "line 1: ",
		strings.Repeat("$${", 100):         "line 1: ",
		"//# sourceMappingURL=file:///etc/passwd\nreturn =": "line 2: ",
		strings.Repeat(" ", longestSource+1):                "at most",
	} {
		p, err := Read(body)
		if err == nil {
			err = w.Check(p)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %q", body, err, want)
		}
	}
}

// TestWhatCannotBeReadIsRefused: reading these would take for ever, or all memory.
func TestWhatCannotBeReadIsRefused(t *testing.T) {
	w := crew(t)
	for body, want := range map[string]string{
		strings.Repeat("(a=", 40) + "1" + strings.Repeat(")=>1", 40): Timeout,
		strings.Repeat("(", longestSource-10):                        Failed,
		strings.Repeat("[", longestSource-10):                        Failed,
		"return " + strings.Repeat("-", longestSource-10) + "1":      Failed,
		strings.Repeat("$${", longestSource/3):                       Failed,
	} {
		p, err := Read(body)
		if err == nil {
			err = w.Check(p)
		}
		var why *Error
		if !errors.As(err, &why) || why.Code != want && why.Code != Timeout { // a busy machine may not get as far
			t.Errorf("%.20s: %v, want %s", body, err, want)
		}
	}
	if err := w.Check(compiled(t, "return 1")); err != nil {
		t.Error(err)
	}
}

// TestAWorkerKeepsNoMoreCodeThanItMay: programs come and go, and each gives what it says.
func TestAWorkerKeepsNoMoreCodeThanItMay(t *testing.T) {
	var s shelf
	filler := strings.Repeat(" ", longestSource/2)
	for i := range 3 * mostCompiled / len(filler) {
		for range 2 {
			p := compiled(t, fmt.Sprint("return ", i, filler))
			if a := s.attend(p.Job(nil, nil, noon)); a.Error != nil || a.Result != fmt.Sprint(i) {
				t.Errorf("%+v, want %d", a, i)
			}
		}
		if s.size > mostCompiled || len(s.programs) > mostCompiled/len(filler) {
			t.Errorf("%d bytes of %d programs", s.size, len(s.programs))
		}
	}
}

// hostile are scripts that want all there is, and what they come to.
var hostile = map[string]string{
	`for (;;);`: Timeout,
	`return Array.prototype.indexOf.call({length: 9007199254740991}, 1)`: Timeout,
	`return /(?=a)(a+)+$/.test("a".repeat(50) + "b")`:                    Timeout,
	`var s = "x"; for (;;) s += s`:                                       Memory,
	`return "x".repeat(1e9).length`:                                      Memory,
	`return Array(1e9).fill(0).length`:                                   Memory,
	`var a = []; for (;;) a.push("x" + a.length)`:                        Memory,
	`return new Uint8Array(3e8).fill(1).length`:                          Memory,
	`return "x".repeat(70000)`:                                           TooLong,
	`var f = () => f() + 1; return f()`:                                  Failed,
	`throw new Error("no")`:                                              Failed,
	`return {toJSON() { throw 1 }}`:                                      Failed,
	`var a = {}; a.a = a; return a`:                                      Failed,
	`return new Promise(() => 0)`:                                        Failed,
	`JSON.stringify = 0; return {}`:                                      Failed,
	`return () => 1`:                                                     Failed,
	`return require("fs")`:                                               Failed,
	`Date = 1; return LocalDate()`:                                       Failed,
	`return nobody`:                                                      Failed,
}

func TestAHostileScriptHarmsOnlyItself(t *testing.T) {
	w := crew(t)
	for body, want := range hostile {
		p := compiled(t, body)
		began := time.Now()
		got, err := w.Evaluate(t.Context(), p.Job(nil, nil, noon))
		var why *Error
		if !errors.As(err, &why) || why.Code != want && !(want == Memory && why.Code == Timeout) { // a busy machine may not get as far
			t.Errorf("%s\nreturns %.20q, %v, want %s", body, got, err, want)
		}
		if took := time.Since(began); took > patience {
			t.Errorf("%s took %s", body, took)
		}
		if got, err := w.Evaluate(t.Context(), compiled(t, `return typeof s + JSON.stringify([1])`).Job(nil, nil, noon)); got != "undefined[1]" {
			t.Errorf("after %s: %q, %v", body, got, err)
		}
	}
}

func TestTheEndOfACallEndsItsScript(t *testing.T) {
	w := crew(t)
	ctx, hangUp := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		_, err := w.Evaluate(ctx, compiled(t, `for (;;);`).Job(nil, nil, noon))
		ended <- err
	}()
	hangUp()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestManyCallsShareTheWorkers(t *testing.T) {
	w := crew(t)
	p := compiled(t, `return ${n} + "!"`)
	if _, err := w.Evaluate(t.Context(), p.Job([]string{"0"}, nil, noon)); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			if got, err := w.Evaluate(t.Context(), p.Job([]string{"a"}, nil, noon)); got != "a!" {
				var why *Error
				if !errors.As(err, &why) || why.Code != Busy {
					t.Errorf("%q, %v", got, err)
				}
			}
		})
	}
	all.Wait()
	if w.Close(); len(w.idle) != 0 {
		t.Error("workers are left")
	}
}

func TestAProgramThatIsNoWorkerIsSaidSo(t *testing.T) {
	for _, command := range []string{"/bin/true", "/nowhere/at/all"} {
		w := NewWorkers(command)
		_, err := w.Evaluate(t.Context(), compiled(t, `return 1`).Job(nil, nil, noon))
		var why *Error
		if !errors.As(err, &why) || why.Code != Failed {
			t.Errorf("%s: %v", command, err)
		}
		w.Close()
	}
}

// FuzzRead: whatever is read has its references, and what a variable holds stays a text.
func FuzzRead(f *testing.F) {
	for body := range hostile {
		f.Add(body, "x")
	}
	f.Add("return `${${a}}` + ${a} / 2 /* ' */", "`); throw 1")
	f.Add(`return "${a}" + /[/]${a}/.source`, "${a}")
	f.Fuzz(func(t *testing.T, body, value string) {
		p, err := Read(body)
		if err != nil {
			return
		}
		if len(p.References()) != strings.Count(p.source, "$value(")-strings.Count(body, "$value(") {
			t.Errorf("%q: references %q", body, p.References())
		}
		for _, r := range p.References() {
			if !strings.Contains(body, r) || !strings.HasSuffix(r, "}") {
				t.Errorf("%q: reference %q", body, r)
			}
		}
		echo := compiled(t, "return ${a}")
		got, err := Inline{}.Evaluate(t.Context(), echo.Job([]string{value}, nil, noon))
		if err != nil && len(value) <= longestResult || err == nil && got != value && strings.ToValidUTF8(value, "�") != got {
			t.Errorf("%q came out as %q, %v", value, got, err)
		}
	})
}

func BenchmarkWorkers(b *testing.B) {
	w := crew(b)
	p := compiled(b, `return ${n}.replace(/\D/g, "")`)
	for b.Loop() {
		if _, err := w.Evaluate(b.Context(), p.Job([]string{"+49 170 1"}, nil, noon)); err != nil {
			b.Fatal(err)
		}
	}
}
