package stream

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"switchgram/bridge"
)

func TestAReaderIsToldWhatIsWrongWithItsRequest(t *testing.T) {
	s := run(t, &shelf{}, Options{})
	for query, want := range map[string]string{
		"kinds=call.missed":         `parameter "kinds": want after, kind or line`,
		"kind=call.digit":           `kind "call.digit": there is none`,
		"kind=call.misssed":         `there are [call.incoming`,
		"after=yesterday":           `"yesterday" is not the id of an event`,
		"after=-1":                  "is not the id",
		"after=9223372036854775808": "is not the id",
		"kind=%zz":                  "cannot be read",
		"line=" + strings.Repeat("x,", mostLines+1): "more than 100 lines",
		"line=" + strings.Repeat("x", mostQuery):    "longer than",
	} {
		l := s.ask(query)
		var said string
		if l.lines.Scan() {
			said = l.lines.Text()
		}
		if l.answer.StatusCode != http.StatusBadRequest || !strings.Contains(said, want) {
			t.Errorf("%.50s: answered %s %q, want %q", query, l.answer.Status, said, want)
		}
	}
}

func FuzzSelection(f *testing.F) {
	f.Add("after=7&kind=call.*&line=sales,support", "")
	f.Add("kind=line.up&kind=call.missed&access_token=x", "9223372036854775807")
	f.Add("kind=[&line=%00", "-1")
	f.Fuzz(func(t *testing.T, query, id string) {
		h := http.Header{}
		h.Set(lastEventID, id)
		s, err := parseSelection(query, h)
		if err != nil {
			if !errors.Is(err, errRequest) || !utf8.ValidString(err.Error()) || strings.ContainsAny(err.Error(), "\r\n") {
				t.Errorf("error %q", err)
			}
			return
		}
		if s.after < -1 || id != "" && s.after < 0 || len(s.lines) > mostLines || len(s.kinds) > len(bridge.EventKinds) {
			t.Errorf("%q and %q: %+v", query, id, s)
		}
		for _, k := range s.kinds {
			if !s.wants(&frame{kind: k, line: append(s.lines, "")[0], text: []byte("x")}) {
				t.Errorf("%q: %s is asked for, and not told", query, k)
			}
		}
	})
}
