package expression

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"switchgram/bridge/route/moment"
	"switchgram/bridge/route/pattern"
	"switchgram/bridge/route/template"
)

// front translates a condition, token by token.
type front struct {
	source  string
	into    *Expression
	allow   template.Allow
	at      int
	operand bool // the last token was one
	out     strings.Builder
}

func (f *front) fail(format string, args ...any) error {
	return fmt.Errorf("column %d: %s", len([]rune(f.source[:f.at]))+1, fmt.Sprintf(format, args...))
}

func (f *front) rest() string { return f.source[f.at:] }

// emit writes what a token of so many bytes becomes.
func (f *front) emit(length int, operand bool, format string, args ...any) error {
	fmt.Fprintf(&f.out, format, args...)
	f.out.WriteByte(' ')
	f.at += length
	f.operand = operand
	return nil
}

// translate wraps everything so that a lone variable is a condition too.
func (f *front) translate() error {
	f.out.WriteString("true && (")
	for f.skip(); f.at < len(f.source); f.skip() {
		if err := f.token(); err != nil {
			return err
		}
	}
	f.out.WriteByte(')')
	if strings.TrimSpace(f.source) == "" {
		return f.fail("there is nothing")
	}
	return nil
}

func (f *front) skip() {
	f.at = len(f.source) - len(strings.TrimLeft(f.rest(), " \t\r\n"))
}

// signs are operators, longer ones first, and what they become.
var signs = []struct{ from, to string }{
	{"===", "=="}, {"!==", "!="}, {"==", "=="}, {"!=", "!="}, {"<=", "<="}, {">=", ">="}, {"&&", "&&"}, {"||", "||"},
	{"<", "<"}, {">", ">"}, {"!", "!"}, {"(", "("}, {",", ","},
}

func (f *front) token() error {
	s := f.rest()
	switch {
	case s[0] == '$':
		return f.variable(s)
	case s[0] == '&' && !strings.HasPrefix(s, "&&"):
		return f.function(s)
	case s[0] == '\'' || s[0] == '"':
		return f.quoted(s)
	case s[0] == '/' && !f.operand:
		return f.regexp(s)
	case s[0] == ')':
		return f.emit(1, true, ")")
	case '0' <= s[0] && s[0] <= '9', s[0] == '-' && !f.operand:
		return f.number(s)
	}
	for _, sign := range signs {
		if strings.HasPrefix(s, sign.from) {
			return f.emit(len(sign.from), false, "%s", sign.to)
		}
	}
	return f.word(s)
}

func (f *front) number(s string) error {
	end := 1
	for end < len(s) && (s[end] >= '0' && s[end] <= '9' || s[end] == '.') {
		end++
	}
	if _, err := strconv.ParseFloat(s[:end], 64); err != nil {
		return f.fail("%q is no number", s[:end])
	}
	return f.emit(end, true, "%s", s[:end])
}

// word takes true and false; everything else is a mistake, for which there may be advice.
func (f *front) word(s string) error {
	end := strings.IndexFunc(s, func(r rune) bool { return !(r == '_' || r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z') })
	if end < 0 {
		end = len(s)
	}
	switch word := s[:end]; word {
	case "true", "false":
		return f.emit(end, true, "%s", word)
	case "null", "undefined":
		return f.emit(end, true, `""`)
	case "":
		return f.fail("%q has no place here%s", s[:1], advice(s))
	default:
		return f.fail("%q is not known; variables are written ${%s}", word, word)
	}
}

func advice(s string) string {
	switch {
	case s[0] == '=':
		return "; == compares"
	case strings.ContainsRune("+-*/%", rune(s[0])):
		return "; the application math reckons, and {\"js\": …} of other programs is not understood here"
	case s[0] == '|':
		return "; or is ||"
	}
	return ""
}

// methods are those of a variable, as in JavaScript: what they become, and whether they take an argument.
var methods = []struct{ from, to string }{
	{".length", "Length(%s)"}, {".indexOf(", "IndexOf(%s, "}, {".includes(", "Includes(%s, "}, {".startsWith(", "StartsWith(%s, "},
	{".endsWith(", "EndsWith(%s, "}, {".toLowerCase()", "Lower(%s)"}, {".toUpperCase()", "Upper(%s)"},
}

func (f *front) variable(s string) error {
	length := 2 // $1
	if strings.HasPrefix(s, "${") || strings.HasPrefix(s, "$${") {
		end := strings.IndexByte(s, '}')
		if end < 0 {
			return f.fail("${ has no end: } is missing")
		}
		length = end + 1
	}
	length = min(length, len(s))
	i, err := f.template(s[:length])
	if err != nil {
		return err
	}
	return f.method(s, length, fmt.Sprintf("Var($env, %d)", i))
}

func (f *front) method(s string, length int, of string) error {
	for _, m := range methods {
		if strings.HasPrefix(s[length:], m.from) {
			return f.emit(length+len(m.from), strings.HasSuffix(m.to, ")"), m.to, of)
		}
	}
	if length < len(s) && s[length] == '.' {
		f.at += length
		return f.fail("%.12q is not known here", s[length:])
	}
	return f.emit(length, true, "%s", of)
}

// template enters a text with variables into the table.
func (f *front) template(text string) (int, error) {
	t, err := template.Parse(text, f.allow)
	if err != nil {
		return 0, f.fail("%v", err)
	}
	if _, plain := t.Constant(); plain {
		return 0, f.fail("%q is no variable; those are written ${name}", text)
	}
	f.into.templates = append(f.into.templates, t)
	return len(f.into.templates) - 1, nil
}

func (f *front) quoted(s string) error {
	text, length, err := f.unquote(s)
	switch {
	case err != nil:
		return err
	case !strings.Contains(text, "${"):
		return f.emit(length, true, "%s", strconv.Quote(text))
	}
	i, err := f.template(text)
	if err != nil {
		return err
	}
	return f.method(s, length, fmt.Sprintf("Var($env, %d)", i))
}

// unquote reads a text between quotes. A backslash before anything but a quote, itself or n, r, t stays: people write '\d'.
func (f *front) unquote(s string) (string, int, error) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == s[0]:
			return b.String(), i + 1, nil
		case c == '\\' && i+1 < len(s):
			i++
			if plain := strings.IndexByte(`\'"nrt`, s[i]); plain >= 0 {
				b.WriteByte("\\'\"\n\r\t"[plain])
				continue
			}
			b.WriteByte('\\')
			b.WriteByte(s[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", 0, f.fail("a text has no end: %c is missing", s[0])
}

// regexp reads /…/flags.test(.
func (f *front) regexp(s string) error {
	end := 1
	for end < len(s) && s[end] != '/' {
		if s[end] == '\\' {
			end++
		}
		end++
	}
	if end >= len(s) {
		return f.fail("a pattern has no end: / is missing")
	}
	flags := strings.IndexByte(s[end:], '.')
	if flags < 0 || !strings.HasPrefix(s[end+flags:], ".test(") {
		return f.fail("want /pattern/.test(${variable}), or &match('pattern', ${variable})")
	}
	i, err := f.pattern(s[:end+flags])
	if err != nil {
		return err
	}
	return f.emit(end+flags+len(".test("), false, "Match($env, %d, ", i)
}

func (f *front) pattern(text string) (int, error) {
	re, err := pattern.Regexp(text)
	if err != nil {
		return 0, f.fail("%v", err)
	}
	f.into.patterns = append(f.into.patterns, sought{re, pattern.Parts(re)})
	return len(f.into.patterns) - 1, nil
}

// function reads &name('argument'), or &match('pattern', of which the rest is read as usual.
func (f *front) function(s string) error {
	if strings.HasPrefix(s, "&reg") {
		return f.captured(s)
	}
	name, after, ok := strings.Cut(s[1:], "(")
	if !ok || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_") != "" {
		return f.fail("&%.12s is no function; and is &&", s[1:])
	}
	begin := len(s) - len(strings.TrimLeft(after, " "))
	switch {
	case slices.Contains(moment.Names(), name) && strings.HasPrefix(s[begin:], ")"):
		return f.emit(begin+1, true, "Now($env, %q)", name)
	case name != "match" && name != "limit" && !slices.Contains(moment.Names(), name):
		return f.fail("there is no function &%s", name)
	case begin == len(s) || !strings.ContainsRune(`'"/`, rune(s[begin])):
		return f.fail("&%s wants its argument in quotes", name)
	}
	return f.call(name, s, begin)
}

// captured reads &reg0.$1.
func (f *front) captured(s string) error {
	end := strings.IndexByte(s, '$') + 1
	for end < len(s) && s[end] >= '0' && s[end] <= '9' {
		end++
	}
	i, err := f.template(s[:end])
	if err != nil {
		return err
	}
	return f.method(s, end, fmt.Sprintf("Var($env, %d)", i))
}

func (f *front) call(name, s string, begin int) error {
	argument, length, err := f.argument(s[begin:])
	if err != nil {
		return err
	}
	end := begin + length
	end = len(s) - len(strings.TrimLeft(s[end:], " "))
	want := byte(')')
	if name == "match" {
		want = ','
	}
	if end == len(s) || s[end] != want {
		return f.fail("&%s: %c is missing after its argument", name, want)
	}
	switch name {
	case "match":
		i, err := f.pattern(argument)
		if err != nil {
			return err
		}
		return f.emit(end+1, false, "Match($env, %d, ", i)
	case "limit":
		limit, most, _ := strings.Cut(argument, ",")
		n, err := strconv.Atoi(strings.TrimSpace(most))
		if err != nil {
			return f.fail("&limit('%s'): want a name and a number, such as 'hotline,5'", argument)
		}
		return f.emit(end+1, true, "Below($env, %q, %d)", strings.TrimSpace(limit), n)
	}
	test, err := moment.Parse(name, argument)
	if err != nil {
		return f.fail("&%s: %v", name, err)
	}
	f.into.moments = append(f.into.moments, test)
	return f.emit(end+1, true, "Is($env, %d)", len(f.into.moments)-1)
}

// argument reads one in quotes, or a bare /pattern/flags.
func (f *front) argument(s string) (string, int, error) {
	if s[0] != '/' {
		return f.unquote(s)
	}
	end := strings.LastIndexByte(s, '/')
	if comma := strings.IndexByte(s, ','); comma > 0 {
		end = strings.LastIndexByte(s[:comma], '/')
	}
	for end++; end < len(s) && strings.IndexByte("gims", s[end]) >= 0; {
		end++
	}
	return s[:end], end, nil
}
