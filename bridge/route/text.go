package route

import (
	"context"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"

	"switchgram/bridge/route/pattern"
	"switchgram/bridge/route/template"
	"switchgram/bridge/route/tree"
)

// stringStep works on a text, as JavaScript does it. What is out of range is "".
type stringStep struct {
	Fn     string   `json:"fn" need:"true" words:"length,indexOf,lastIndexOf,search,slice,substring,substr,replace,toUpperCase,toLowerCase,trim,charAt,charCodeAt,split,reverse,base64,MD5,SHA-256,SHA-512,HMAC-SHA256,gomatch"`
	Data   text     `json:"data" need:"true"`
	Args   keyTexts `json:"args"`
	SetVar variable `json:"setVar" need:"true"`

	re *regexp.Regexp // of search, replace and gomatch, where the first argument is fixed
}

// keyTexts are arguments, the second of which may be a secret: the key of an HMAC.
type keyTexts []secretText

func (s *stringStep) check(p *parser, n *tree.Node) {
	for _, arg := range s.Args {
		if len(arg.Secrets()) > 0 && s.Fn != "HMAC-SHA256" {
			p.say(n, "a secret has no place here")
		}
	}
	if len(s.Args) == 0 {
		return
	}
	first, plain := s.Args[0].Constant()
	if !plain || !(s.Fn == "search" || s.Fn == "gomatch" || s.Fn == "replace" && strings.HasPrefix(first, "/")) {
		return
	}
	re, err := pattern.Regexp(first)
	if err != nil {
		p.say(n, "%v", err)
	}
	s.re = re
}

func (s *stringStep) run(ctx context.Context, r *run) error {
	args := make([]string, 2)
	for i, a := range s.Args {
		if i < len(args) {
			args[i] = r.raw(a.Template)
		}
	}
	w := words{in: []rune(r.raw(s.Data.Template)), args: args, given: len(s.Args), re: s.re}
	return r.set(ctx, s.SetVar, w.do(s.Fn))
}

// words is a text being worked on, by characters.
type words struct {
	in    []rune
	args  []string
	given int // how many args there are
	re    *regexp.Regexp
}

func (w words) do(fn string) string {
	text := string(w.in)
	switch fn {
	case "length":
		return strconv.Itoa(len(w.in))
	case "toUpperCase":
		return strings.ToUpper(text)
	case "toLowerCase":
		return strings.ToLower(text)
	case "trim":
		return strings.TrimSpace(text)
	case "reverse":
		return template.Reverse(text)
	case "slice", "substring", "substr":
		return w.cut(fn)
	case "charAt", "charCodeAt":
		return w.char(fn)
	case "indexOf", "lastIndexOf", "search":
		return strconv.Itoa(w.index(fn, text))
	case "replace":
		return w.replace(text)
	case "split":
		return w.split(text)
	case "gomatch":
		return template.Array(w.pattern().FindStringSubmatch(text))
	}
	return digest(fn, text, w.args[0])
}

func digest(fn, text, argument string) string {
	switch fn {
	case "base64":
		if strings.HasPrefix(argument, "decode") {
			plain, err := base64.StdEncoding.DecodeString(text)
			if err != nil {
				return ""
			}
			return string(plain)
		}
		return base64.StdEncoding.EncodeToString([]byte(text))
	case "MD5":
		sum := md5.Sum([]byte(text))
		return hex.EncodeToString(sum[:])
	case "SHA-256":
		sum := sha256.Sum256([]byte(text))
		return hex.EncodeToString(sum[:])
	case "SHA-512":
		sum := sha512.Sum512([]byte(text))
		return hex.EncodeToString(sum[:])
	}
	mac := hmac.New(sha256.New, []byte(argument))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

// number is an argument as a number; what is none is other.
func (w words) number(i, other int) int {
	if i >= w.given {
		return other
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(w.args[i]), 64)
	if err != nil || n > 1e9 || n < -1e9 {
		return other
	}
	return int(n)
}

func (w words) cut(fn string) string {
	length := len(w.in)
	a, b := w.number(0, 0), w.number(1, length)
	switch fn {
	case "slice":
		a, b = fromEnd(a, length), fromEnd(b, length)
	case "substring":
		if a, b = clamp(a, length), clamp(b, length); a > b {
			a, b = b, a
		}
	default:
		a = fromEnd(a, length)
		b = clamp(a+w.number(1, length), length)
	}
	if a >= b {
		return ""
	}
	return string(w.in[a:b])
}

// fromEnd is a position that counts from the end if it is negative.
func fromEnd(i, length int) int {
	if i < 0 {
		i += length
	}
	return clamp(i, length)
}

func clamp(i, length int) int { return max(0, min(i, length)) }

func (w words) char(fn string) string {
	i := w.number(0, 0)
	switch {
	case i < 0 || i >= len(w.in):
		return ""
	case fn == "charAt":
		return string(w.in[i])
	}
	return strconv.Itoa(int(w.in[i]))
}

// index is where something is, in characters; -1: nowhere.
func (w words) index(fn, text string) int {
	at := -1
	switch fn {
	case "indexOf":
		from := len(string(w.in[:clamp(w.number(1, 0), len(w.in))]))
		if at = strings.Index(text[from:], w.args[0]); at >= 0 {
			at += from
		}
	case "lastIndexOf":
		at = strings.LastIndex(text, w.args[0])
	default:
		if found := w.pattern().FindStringIndex(text); found != nil {
			at = found[0]
		}
	}
	if at < 0 {
		return -1
	}
	return len([]rune(text[:at]))
}

// pattern is the first argument as one; what is none matches nothing.
func (w words) pattern() *regexp.Regexp {
	if w.re != nil {
		return w.re
	}
	re, err := pattern.Regexp(w.args[0])
	if err != nil {
		return regexp.MustCompile(`[^\s\S]`)
	}
	return re
}

// dollar are the groups of a replacement, $1, which Go writes ${1}.
var dollar = regexp.MustCompile(`\$(\d)`)

func (w words) replace(text string) string {
	if w.re == nil && !strings.HasPrefix(w.args[0], "/") {
		return strings.Replace(text, w.args[0], w.args[1], 1)
	}
	re, with := w.pattern(), dollar.ReplaceAllString(w.args[1], "$${$1}")
	if end := strings.LastIndexByte(w.args[0], '/'); strings.Contains(w.args[0][end+1:], "g") {
		return re.ReplaceAllString(text, with)
	}
	at := re.FindStringSubmatchIndex(text)
	if at == nil {
		return text
	}
	return text[:at[0]] + string(re.ExpandString(nil, with, text, at)) + text[at[1]:]
}

func (w words) split(text string) string {
	parts := strings.Split(text, w.args[0])
	if w.given < 2 {
		return template.Array(parts)
	}
	i := w.number(1, -1)
	if i < 0 || i >= len(parts) {
		return ""
	}
	return parts[i]
}
