package trial

import (
	"strings"
	"testing"
	"time"
)

// heard makes moments of the loudnesses, one after another.
func heard(every time.Duration, rms ...float64) (s said, begin time.Time) {
	begin = time.Unix(1700000000, 0)
	for i, v := range rms {
		s.heard = append(s.heard, moment{begin.Add(time.Duration(i) * every), v})
	}
	return s, begin
}

func TestSilenceIsMeasured(t *testing.T) {
	const loud, half = 0.2, 0.1414 // half the energy
	for name, c := range map[string]struct {
		every time.Duration
		rms   []float64
		from  int // moments before what hurt
		want  time.Duration
	}{
		"none":                       {time.Second, []float64{loud, loud, loud, loud}, 1, 0},
		"three seconds":              {time.Second, []float64{loud, loud, 0, 0, 0, loud, loud}, 1, 3 * time.Second},
		"parts of seconds":           {time.Second, []float64{loud, loud, half, 0, half, loud}, 1, 2 * time.Second},
		"the longer of two":          {time.Second, []float64{loud, loud, 0, loud, 0, 0, loud}, 1, 2 * time.Second},
		"before it does not count":   {time.Second, []float64{loud, 0, 0, 0, loud, loud, 0, loud}, 4, time.Second},
		"short moments are all or 0": {100 * time.Millisecond, []float64{loud, loud, half, 0, 0, half, loud}, 1, 200 * time.Millisecond},
		"to the end":                 {time.Second, []float64{loud, loud, 0, 0}, 1, 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			s, begin := heard(c.every, c.rms...)
			got := s.silence(begin.Add(time.Duration(c.from) * c.every))
			if d := got - c.want; d < -5*time.Millisecond || d > 5*time.Millisecond {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

func TestLoudEnough(t *testing.T) {
	for name, c := range map[string]struct {
		rms   []float64
		from  time.Duration
		share float64
		want  bool
	}{
		"nothing yet":          {nil, 0, 1, false},
		"too short":            {[]float64{1, 1, 1}, 0, 1, false},
		"long enough":          {[]float64{1, 1, 1, 1}, 0, 1, true},
		"interrupted":          {[]float64{1, 1, 0, 1, 1}, 0, 1, false},
		"interruption allowed": {[]float64{1, 1, 0, 1}, 0, 0.5, true},
		"too much of it":       {[]float64{1, 1, 0, 0}, 0, 0.5, false},
		"interrupted long ago": {[]float64{0, 1, 1, 1}, 0, 1, true},
		"began too early":      {[]float64{1, 1, 1, 1, 1}, 2 * time.Second, 1, false},
		"late enough":          {[]float64{1, 1, 1, 1, 1}, time.Second, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			s, begin := heard(time.Second, c.rms...)
			if got := s.loudFor(3*time.Second, begin.Add(c.from), c.share); got != c.want {
				t.Errorf("%t, want %t", got, c.want)
			}
		})
	}
}

func TestLinesArriveWholeHoweverTheyAreWritten(t *testing.T) {
	var got []string
	p := &peer{name: "caller", changed: make(chan struct{}), onOut: func(blob []byte) { got = append(got, string(blob)) }}
	for _, part := range strings.SplitAfter(`{"signaling":"YQ=="}`+"\n"+`{"state":"Established"}`+"\n"+`{"signaling":"Yg=="}`+"\n", "a") {
		if _, err := p.Write([]byte(part)); err != nil {
			t.Fatal(err)
		}
	}
	if strings.Join(got, "") != "ab" || p.said.established.IsZero() {
		t.Errorf("signalling %q, established %v", got, p.said.established)
	}
	if _, err := p.Write(make([]byte, longestLine+1)); err == nil {
		t.Error("a line without end is taken")
	}
}

func FuzzLine(f *testing.F) {
	for _, l := range []string{
		`{"t":1.5,"versions":["13.0.0"],"without":["nosctp"]}`, `{"signaling":"AAAA"}`, `{"state":"Established"}`,
		`{"remoteMediaState":{"audio":"muted","video":0}}`, `{"audio":{"heardRms":0.21}}`, `{"stopped":{}}`, `{"error":"no"}`,
	} {
		f.Add([]byte(l))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		l, err := parse(text)
		var s said
		s.note(l, time.Unix(1, 0))
		s.note(line{Audio: &audioLine{HeardRMS: 0.2}}, time.Unix(2, 0))
		if err != nil && (s.versions != nil || s.failed || len(s.errors) > 0) {
			t.Errorf("%q is no line, and says %+v", text, s)
		}
		if d := s.silence(time.Unix(0, 0)); d < 0 {
			t.Errorf("%v silent", d)
		}
	})
}
