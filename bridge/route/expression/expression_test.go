package expression

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"switchgram/bridge/route/template"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// values are those of a call on a Saturday, a minute before six.
type values struct {
	set     map[string]string
	matched []string
}

func (v *values) Variable(name string) string { return v.set[name] }
func (v *values) Secret(string) string        { return "secret" }
func (v *values) Global(string) string        { return "5" }
func (v *values) Cookie(string, string) string {
	return ""
}
func (v *values) Capture(register int, group string) string {
	if register == 0 && group == "1" {
		return "3001"
	}
	return ""
}
func (v *values) Now() time.Time                               { return time.Date(2026, 11, 21, 17, 59, 0, 0, time.UTC) }
func (v *values) Matched(groups []string, _ map[string]string) { v.matched = groups }
func (v *values) InUse(limit string) int                       { return len(limit) }

func given() *values {
	return &values{set: map[string]string{
		"caller": "101", "billsec": "9", "name": "Ann O'Neil", "yes": "true", "no": "false", "zero": "0", "answered": "true", "code": "200",
		"evil": "' || true || '", "number": "+380501234567", "json": `{"a":{"b":[1,2]}}`,
	}}
}

func TestConditions(t *testing.T) {
	for source, want := range map[string]bool{
		`${caller} == '101' && &hour('8-17')`:    true,
		`${caller} === "101"`:                    true,
		`${caller} == 101`:                       true,
		`101 == ${caller}`:                       true,
		`${billsec} > 5`:                         true,
		`${billsec} > 10`:                        false, // as text it would be
		`5 < ${billsec}`:                         true,
		`${billsec} >= 9 && ${billsec} <= 9.0`:   true,
		`${name} > 5`:                            false,
		`${name} < 5`:                            false,
		`${nobody} == ''`:                        true,
		`${nobody} != 200`:                       true,
		`${nobody} == 0`:                         false,
		`${code} != 200`:                         false,
		`${code} !== 200 || ${nobody}`:           false,
		`${yes}`:                                 true,
		`${no}`:                                  false,
		`!${zero}`:                               true,
		`!${nobody} && ${yes}`:                   true,
		`${yes} == true`:                         true,
		`${nobody} == null`:                      true,
		`${evil} == 'x'`:                         false,
		`${name} == 'Ann O\'Neil'`:               true,
		`${name}.length == 10`:                   true,
		`${name}.indexOf('O') == 4`:              true,
		`${name}.indexOf("x") == -1`:             true,
		`${name}.toLowerCase() == 'ann o\'neil'`: true,
		`${name}.startsWith('Ann') && !${name}.endsWith('Ann')`: true,
		`${name}.includes("O'")`:                                true,
		`&match('/^\\+380(\\d+)$/i', ${number})`:                true,
		`&match('^\+380(\d+)$', ${number})`:                     true,
		`&match(/^\d{3}$/, ${caller})`:                          true,
		`/^ANN/i.test(${name})`:                                 true,
		`/^\/ANN/i.test(${name})`:                               false,
		`&wday('2-6') || &time_of_day('17:00-18:00')`:           true,
		`&hour() == 17`:                                         true,
		`&limit('desk,5')`:                                      true,
		`&limit('desk,4')`:                                      false,
		`'${caller}-${code}' == '101-200'`:                      true,
		`${1} == 3001 && &reg0.$1 == '3001'`:                    true,
		`${json.a.b.1} == 2`:                                    true,
		`${name|lower|left:3} == 'ann'`:                         true,
		`(${caller} == '1' || (${yes} && true)) && !false`:      true,
		`${caller} == ${caller}`:                                true,
		`${billsec} < ${caller}`:                                true,
	} {
		e, err := Compile(source, template.Allow{})
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		if got, err := e.Holds(given()); err != nil || got != want {
			t.Errorf("%s is %v, %v", source, got, err)
		}
	}
}

func TestMistakesAreShownByColumn(t *testing.T) {
	for source, want := range map[string]string{
		`caller == 1`:                      `column 1: "caller" is not known; variables are written ${caller}`,
		`${a} = 1`:                         `column 6: "=" has no place here; == compares`,
		`${a} + 1 == 2`:                    `column 6: "+" has no place here; the application math`,
		`${a} == 'x`:                       `column 9: a text has no end`,
		`${a`:                              `column 1: ${ has no end`,
		`$${key == 'x'`:                    `} is missing`,
		`&nothing('1')`:                    `column 1: there is no function &nothing`,
		`${a} && &hour('25')`:              `column 9: &hour: "25"`,
		`&match('(', ${a})`:                `missing closing`,
		`&match('a')`:                      `, is missing`,
		`&hour(8)`:                         `argument in quotes`,
		`${a}.substr(1)`:                   `column 5: ".substr(1)" is not known`,
		`${a} == 1 || process.exit()`:      `"process" is not known`,
		`${a} == `:                         `makes no sense`,
		`'a'`:                              `makes no sense`,
		`5`:                                `makes no sense`,
		`(${a}`:                            `makes no sense`,
		``:                                 `there is nothing`,
		strings.Repeat("!", 600) + "true":  `makes no sense`,
		strings.Repeat("!", 9000) + "true": `longer than`,
	} {
		if _, err := Compile(source, template.Allow{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: got %v, want %s", source, err, want)
		}
	}
}

// TestWhatWouldTakeForEverIsGivenUp: the long ones would take a minute or more.
func TestWhatWouldTakeForEverIsGivenUp(t *testing.T) {
	v := given()
	v.set["long"] = strings.Repeat("a", 64<<10)
	all := strings.Repeat("(a?){1000}", 3)
	for source, want := range map[string]error{
		`/^a+$/.test(${long})`:                                       nil,
		`&match('/(\d+)-(\d+)/', ${long}) || ${caller} == 101`:       nil,
		`/` + all + `b/.test(${caller})`:                             nil,
		`/` + all + `b/.test(${long})`:                               ErrWork,
		`&match('/` + all + `b/', ${long}) || ${caller} == 101`:      ErrWork,
		`${caller} == 101 || /` + all + `b/.test(${long})`:           nil, // it is never looked for
		`!(` + strings.Repeat(`${long} == 'b' || `, 80) + `${long})`: ErrWork,
	} {
		e, err := Compile(source, template.Allow{})
		if err != nil {
			t.Fatalf("%.40s: %v", source, err)
		}
		v.matched = nil
		if holds, err := e.Holds(v); !errors.Is(err, want) || holds && err != nil {
			t.Errorf("%.40s: %t, %v, want %v", source, holds, err, want)
		}
	}
}

func TestAMatchIsRemembered(t *testing.T) {
	e, err := Compile(`&match('/^\+(\d{3})/', ${number})`, template.Allow{})
	if err != nil {
		t.Fatal(err)
	}
	v := given()
	if _, err := e.Holds(v); err != nil || !slices.Equal(v.matched, []string{"+380", "380"}) {
		t.Errorf("%q, %v", v.matched, err)
	}
	if names := e.Variables(); !slices.Equal(names, []string{"number"}) {
		t.Errorf("reads %q", names)
	}
}

func FuzzCompile(f *testing.F) {
	for _, s := range []string{
		`${a} == '1' && &hour('8-17')`, `/^\d$/i.test(${b})`, `!${a}.length > 3`, `&match('/x/', ${a})`, `"${a}" != ${b[1]}`, `&limit('a,1')`, `$1 == 2`,
		`&reg0.$1`, `((`, `${a|default:'}`, `&match(/,/i, $`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		e, err := Compile(source, template.Allow{Bare: true})
		if err != nil {
			return
		}
		first, err := e.Holds(given())
		if err != nil {
			return
		}
		if second, err := e.Holds(given()); err != nil || first != second {
			t.Errorf("%q is %v, then %v: %v", source, first, second, err)
		}
	})
}

func BenchmarkHolds(b *testing.B) {
	e, err := Compile(`${caller} == '101' && ${billsec} > 5 && &hour('8-17')`, template.Allow{})
	if err != nil {
		b.Fatal(err)
	}
	v := given()
	for b.Loop() {
		if holds, err := e.Holds(v); err != nil || !holds {
			b.Fatal(holds, err)
		}
	}
}
