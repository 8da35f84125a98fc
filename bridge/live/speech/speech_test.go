package speech_test

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"switchgram/bridge/fetch"
	"switchgram/bridge/live/speech"
	"switchgram/bridge/route"
	"switchgram/bridge/sound"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var espeak = speech.Service{Name: "espeak", Command: []string{"espeak-ng", "--stdin", "--stdout", "-v", "{language}"}, Language: "en"}

func speaker(t *testing.T, client speech.HTTP, all ...speech.Service) *speech.Speaker {
	t.Helper()
	s, err := speech.NewSpeaker(t.TempDir(), all, client)
	must(t, err)
	return s
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// client asks servers of this machine.
func client(t *testing.T) *fetch.Client {
	c := fetch.New(fetch.Options{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	t.Cleanup(c.Close)
	return c
}

// length is how long a file sounds.
func length(t *testing.T, path string) time.Duration {
	t.Helper()
	once, err := sound.Once(path)
	must(t, err)
	const rate = 8000
	return time.Duration(once().Fill(make([]int16, 60*rate), rate)) * time.Second / rate
}

func TestProgramSpeaks(t *testing.T) {
	s := speaker(t, nil, espeak)
	short, err := s.Speak(t.Context(), route.Speech{Text: "Yes."})
	must(t, err)
	long, err := s.Speak(t.Context(), route.Speech{Text: "Thank you. Your order is registered, and we will call you back tomorrow.", Language: "en"})
	must(t, err)
	if a, b := length(t, short), length(t, long); a < 100*time.Millisecond || b < 3*a {
		t.Errorf("a word takes %s, two sentences %s", a, b)
	}
}

func TestWhatWasSaidOnceIsNotMadeAgain(t *testing.T) {
	count := filepath.Join(t.TempDir(), "count")
	counting := speech.Service{Name: "counting", Command: []string{"sh", "-c", "echo >>" + count + "; printf 'RIFF'; cat"}}
	s := speaker(t, nil, counting)
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			if _, err := s.Speak(t.Context(), route.Speech{Text: "the same"}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	_, err := s.Speak(t.Context(), route.Speech{Text: "another", Voice: "Olena"})
	must(t, err)
	if made, err := os.ReadFile(count); err != nil || len(made) != 2 {
		t.Errorf("made %d times, %v", len(made), err)
	}
}

func TestServiceSpeaks(t *testing.T) {
	var said, key atomic.Value
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		said.Store(r.URL.RawQuery + " " + string(body))
		key.Store(r.Header.Get("Authorization"))
		_, _ = w.Write([]byte("OggS and so on"))
	}))
	defer server.Close()
	s := speaker(t, client(t), espeak, speech.Service{
		Name: "cloud", URL: server.URL + "/tts?voice={voice}&x={nothing}", Header: map[string]string{"Authorization": "Bearer {key}"},
		Body: `{"text": {text}, "lang": {language}}`,
	})
	file, err := s.Speak(t.Context(), route.Speech{Provider: "cloud", Text: "say \"{key}\"\r\n", Voice: "Олена", Language: "uk-UA", Key: "secret\r\nX: y"})
	must(t, err)
	if want := `voice=%D0%9E%D0%BB%D0%B5%D0%BD%D0%B0&x={nothing} {"text": "say \"{key}\"\r\n", "lang": "uk-UA"}`; said.Load() != want {
		t.Errorf("the service was told %s", said.Load())
	}
	if key.Load() != "Bearer secret  X: y" || !strings.HasSuffix(file, ".ogg") {
		t.Errorf("key %q, file %s", key.Load(), file)
	}
}

func TestWhatIsNotSpoken(t *testing.T) {
	broken := speech.Service{Name: "broken", Command: []string{"sh", "-c", "echo no such voice >&2; exit 3"}}
	text := speech.Service{Name: "text", Command: []string{"cat"}}
	s := speaker(t, nil, espeak, broken, text)
	for name, c := range map[string]route.Speech{
		"an option in place of a voice": {Text: "x", Language: "-w/etc/passwd"},
		"a path in place of a language": {Text: "x", Language: "../../x"},
		"a novel":                       {Text: strings.Repeat("x", 1001)},
		"a service nobody knows":        {Text: "x", Provider: "polly"},
		"a program that fails":          {Text: "x", Provider: "broken"},
		"what is no sound":              {Text: "x", Provider: "text"},
	} {
		if file, err := s.Speak(t.Context(), c); err == nil {
			t.Errorf("%s was spoken: %s", name, file)
		}
	}
	if _, err := s.Speak(t.Context(), route.Speech{Text: "x", Provider: "broken"}); err == nil || !strings.Contains(err.Error(), "no such voice") {
		t.Errorf("a program that fails: %v", err)
	}
}

func TestSpeechIsUnderstood(t *testing.T) {
	file := filepath.Join(t.TempDir(), "said.wav")
	record := func() { must(t, os.WriteFile(file, []byte("what time is it"), 0o600)) }
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Header.Get("Content-Type") != "audio/wav" || r.URL.Query().Get("lang") != "uk-UA" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		_, _ = w.Write([]byte(`{"results": [{"text": "` + string(body) + `"}]}`))
	}))
	defer server.Close()
	r, err := speech.NewRecogniser([]speech.Service{
		{Name: "program", Command: []string{"sh", "-c", "cat \"$1\"", "sh", "{file}"}},
		{Name: "cloud", URL: server.URL + "?lang={language}", Answer: "results.0.text"},
	}, client(t))
	must(t, err)
	for _, provider := range []string{"", "cloud"} {
		record()
		got, err := r.Recognise(t.Context(), route.Hearing{File: file, Provider: provider, Language: "uk-UA"})
		if err != nil || got != "what time is it" {
			t.Errorf("%s understood %q, %v", provider, got, err)
		}
		if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%q left what was said: %v", provider, err)
		}
	}
	record()
	if _, err := r.Recognise(t.Context(), route.Hearing{File: file, Provider: "cloud", Language: "en"}); err == nil {
		t.Error("a refusal was understood")
	}
	if _, err := r.Recognise(t.Context(), route.Hearing{Provider: "x"}); !errors.Is(err, speech.ErrService) {
		t.Errorf("nobody's service: %v", err)
	}
}

func TestServicesAreChecked(t *testing.T) {
	for _, s := range []speech.Service{
		{Name: "nothing"}, {Name: "both", Command: []string{"x"}, URL: "https://x"}, {Name: "unsafe", Command: []string{"say", "{text}"}}, {Name: "alone", URL: "https://x"},
	} {
		if _, err := speech.NewSpeaker(t.TempDir(), []speech.Service{s}, nil); err == nil {
			t.Errorf("%s was taken", s.Name)
		}
	}
}
