// Package speech speaks and understands for routing scripts: by programs of this machine, or by anybody's service over HTTP.
//
// A Service says how. A Speaker makes files of texts, and keeps them: what was said once is not made again. A Recogniser makes texts of files. Both
// may be used from several goroutines at once.
package speech

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"

	"switchgram/bridge/fetch"
)

// Service is how one provider works. Texts in it may have {text}, {voice}, {language}, {key} and {file}; what they are replaced by is quoted for
// where it stands.
type Service struct {
	Name string

	// Command is a program with its arguments, which have {voice}, {language} and {file} alone: what is to be spoken it reads from its standard
	// input, and a WAV, MP3 or Ogg/Opus file it writes to its standard output. A program that understands reads the file, and writes text.
	Command []string

	// URL is asked in place of a command: with POST, where there is a Body or a file to be understood, and GET otherwise.
	URL    string
	Header map[string]string
	Body   string // to be sent; {text} in JSON is a string with its quotes. Empty, of one that understands: the file itself
	Answer string // path of the text in an answer that is JSON, as results.0.text; empty: the whole answer

	Voice    string // where a script names none
	Language string
}

// Limits of what is asked for and got.
const (
	mostText  = 1000     // characters to be spoken
	mostSound = 20 << 20 // bytes of a file
	within    = 20 * time.Second
)

var (
	// ErrService: there is no service of that name.
	ErrService = errors.New("speech: no such service")

	errLong = fmt.Errorf("speech: more than %d characters", mostText)
)

// HTTP asks; *fetch.Client is one.
type HTTP interface {
	Do(ctx context.Context, r fetch.Request) (*fetch.Response, error)
}

// services are those there are, the first being the one that is meant where none is named.
type services struct {
	all  []Service
	http HTTP
}

func newServices(all []Service, client HTTP) (services, error) {
	for _, s := range all {
		if (len(s.Command) == 0) == (s.URL == "") {
			return services{}, fmt.Errorf("speech: service %q: want a command or a url", s.Name)
		}
		for _, a := range s.Command {
			if strings.Contains(a, "{text}") || strings.Contains(a, "{key}") {
				return services{}, fmt.Errorf("speech: service %q: a command reads its text from its standard input, and has no {text} or {key}", s.Name)
			}
		}
		if s.URL != "" && client == nil {
			return services{}, fmt.Errorf("speech: service %q: nobody to ask", s.Name)
		}
	}
	return services{all, client}, nil
}

func (s services) find(name string) (Service, error) {
	if name == "" && len(s.all) > 0 {
		return s.all[0], nil
	}
	i := slices.IndexFunc(s.all, func(one Service) bool { return one.Name == name })
	if i < 0 {
		return Service{}, fmt.Errorf("%w: %q", ErrService, name)
	}
	return s.all[i], nil
}

// plainWord is what a voice or language is called: no option of a program, and nothing that means something in a path.
var plainWord = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}_.:+-]{0,63}$`)

func checkWords(words ...string) error {
	for _, w := range words {
		if w != "" && !plainWord.MatchString(w) {
			return fmt.Errorf("speech: %.64q: want a name of letters and digits", w)
		}
	}
	return nil
}

// command runs a program: what it reads and what it writes.
func command(ctx context.Context, args []string, words map[string]string, input string) ([]byte, error) {
	line := make([]string, len(args))
	for i, a := range args {
		line[i] = fill(a, words, func(s string) string { return s })
	}
	c := exec.CommandContext(ctx, line[0], line[1:]...)
	c.Stdin, c.WaitDelay = strings.NewReader(input), time.Second
	out, complaint := &bounded{most: mostSound}, &bounded{most: 200}
	c.Stdout, c.Stderr = out, complaint
	if err := c.Run(); err != nil {
		return nil, fmt.Errorf("speech: %s: %w: %s", line[0], err, strings.TrimSpace(string(complaint.text)))
	}
	if out.over {
		return nil, fmt.Errorf("speech: %s: wrote more than %d bytes", line[0], mostSound)
	}
	return out.text, nil
}

// bounded keeps the beginning of what is written.
type bounded struct {
	text []byte
	most int
	over bool
}

// Write keeps what there is room for.
func (b *bounded) Write(p []byte) (int, error) {
	room := min(b.most-len(b.text), len(p))
	b.text, b.over = append(b.text, p[:room]...), b.over || room < len(p)
	return len(p), nil
}

// ask asks a service.
func (s services) ask(ctx context.Context, one Service, words map[string]string, body []byte) ([]byte, error) {
	r := fetch.Request{URL: fill(one.URL, words, queryEscape), Header: http.Header{}, Body: body, Timeout: within}
	for _, name := range slices.Sorted(maps.Keys(one.Header)) {
		r.Header.Set(name, fill(one.Header[name], words, oneLine))
	}
	if len(body) > 0 && r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/json")
	}
	answer, err := s.http.Do(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("speech: service %q: %w", one.Name, err)
	}
	if !answer.OK() {
		return nil, fmt.Errorf("speech: service %q answered %d", one.Name, answer.Status)
	}
	return answer.Body, nil
}
