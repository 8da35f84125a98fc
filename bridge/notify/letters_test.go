package notify

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"switchgram/bridge/notify/notifytest"
)

// written is a letter of a script to somebody.
func written(to ...string) Letter {
	return Letter{ID: LetterID("5f-1 callflow[3]"), At: time.Unix(1_800_000_000, 0).UTC(), To: to, Subject: "Call of Ann", Text: "<p>Ann &amp; Bob</p>", HTML: true}
}

// posts delivers a letter as the queue would.
func posts(t *testing.T, s *notifytest.MailServer, l Letter) error {
	t.Helper()
	p, err := NewPost(mailTo(s).MailServer)
	if err != nil {
		t.Fatal(err)
	}
	n, err := NewLetter("mail", l)
	if err != nil {
		t.Fatal(err)
	}
	return Letters{Post: p}.send(t.Context(), nil, Delivery{Notification: n}, nil)
}

func TestAScriptsLetterArrives(t *testing.T) {
	s := mailServer(t, notifytest.MailOptions{})
	l := written("Desk <desk@example.org>")
	l.CC, l.From = []string{"boss@example.org"}, "Ann <ann@example.org>"
	if err := posts(t, s, l); err != nil {
		t.Fatal(err)
	}
	got, m := nextLetter(t, s)
	for name, want := range map[string]string{
		"From": `"Ann" <ann@example.org>`, "Sender": `"Switchgram" <calls@example.org>`, "To": `"Desk" <desk@example.org>`, "Cc": "<boss@example.org>",
		"Content-Type": "text/html; charset=utf-8", "Message-Id": "<" + l.ID + "@example.org>",
	} {
		if is := m.Header.Get(name); is != want {
			t.Errorf("%s is %q, want %q", name, is, want)
		}
	}
	body, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil || string(body) != l.Text+"\n" {
		t.Errorf("body %q (%v)", body, err)
	}
	if got.From != "calls@example.org" || !slices.Equal(got.To, []string{"desk@example.org", "boss@example.org"}) {
		t.Errorf("the server saw %+v", got)
	}
}

func TestAFileGoesWithALetter(t *testing.T) {
	dir := t.TempDir()
	files := map[string]int{"Заказ 7.ogg": 100_000, "large.ogg": mostAttached + 1}
	for name, size := range files {
		if err := os.WriteFile(filepath.Join(dir, name), bytes.Repeat([]byte("OggS\x00\r\n.\r\n"), size/10+1)[:size], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := mailServer(t, notifytest.MailOptions{})
	for name, size := range map[string]int{"Заказ 7.ogg": 100_000, "large.ogg": 0, "none.ogg": 0, ".": 0} {
		l := written("desk@example.org")
		l.Attach = filepath.Join(dir, name)
		if err := posts(t, s, l); err != nil {
			t.Fatal(err)
		}
		text, file, called := opened(t, s)
		if text != l.Text+"\n" || len(file) != size || size > 0 && called != name {
			t.Errorf("%s: %q with %d bytes as %q", name, text, len(file), called)
		}
		if size > 0 && !bytes.Equal(file, bytes.Repeat([]byte("OggS\x00\r\n.\r\n"), size/10+1)[:size]) {
			t.Errorf("%s came as something else", name)
		}
	}
}

func TestAFileThatIsTooMuchForTheServerStaysHere(t *testing.T) {
	s := mailServer(t, notifytest.MailOptions{Most: 10_000})
	for size, want := range map[int]int{5_000: 5_000, 9_000: 0} {
		l := written("desk@example.org")
		l.Attach = filepath.Join(t.TempDir(), "x.ogg")
		if err := os.WriteFile(l.Attach, make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := posts(t, s, l); err != nil {
			t.Fatal(err)
		}
		if text, file, _ := opened(t, s); text != l.Text+"\n" || len(file) != want {
			t.Errorf("of %d bytes %d came, with %q", size, len(file), text)
		}
	}
}

// opened is the next mail as who gets it sees it: its text, and a file of some name.
func opened(t *testing.T, s *notifytest.MailServer) (text string, file []byte, called string) {
	t.Helper()
	_, m := nextLetter(t, s)
	read := func(r io.Reader) []byte {
		t.Helper()
		all, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	kind, is, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	if kind != "multipart/mixed" {
		return strings.ReplaceAll(string(read(quotedprintable.NewReader(m.Body))), "\r\n", "\n"), nil, ""
	}
	parts := multipart.NewReader(m.Body, is["boundary"])
	first, err := parts.NextPart() // which decodes quoted-printable
	if err != nil {
		t.Fatal(err)
	}
	text = strings.ReplaceAll(string(read(first)), "\r\n", "\n")
	second, err := parts.NextPart()
	if err != nil {
		t.Fatal(err)
	}
	return text + "\n", read(base64.NewDecoder(base64.StdEncoding, second)), second.FileName()
}

// TestNoLineOfAMailIsTooLong for servers, some of which take none of more than 998 bytes.
func TestNoLineOfAMailIsTooLong(t *testing.T) {
	s := mailServer(t, notifytest.MailOptions{})
	for _, subject := range []string{strings.Repeat("a", 2000), strings.Repeat("Änn ", 500), strings.Repeat("漢", 3000)} {
		l := written(slices.Repeat([]string{"Desk of a long name <desk-of-a-long-name@example.org>"}, mostReaders)...)
		l.Subject, l.Text = subject, strings.Repeat("x", 5000)
		if err := posts(t, s, l); err != nil {
			t.Fatal(err)
		}
		got, m := nextLetter(t, s)
		for line := range strings.SplitSeq(string(got.Text), "\n") {
			if len(line) > 998 {
				t.Errorf("a line of %d bytes: %.60s…", len(line), line)
			}
		}
		to, err := m.Header.AddressList("To")
		is, wrong := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		if err != nil || wrong != nil || len(to) != mostReaders || is != shortened(subject) || !strings.HasPrefix(subject, strings.TrimSuffix(is, "…")) {
			t.Errorf("to %d (%v), about %q (%v)", len(to), err, is, wrong)
		}
	}
}

func TestALetterThatIsRefusedForGoodIsNotTriedAgain(t *testing.T) {
	many := make([]string, mostReaders+1)
	for i := range many {
		many[i] = "desk@example.org"
	}
	refusing := notifytest.MailOptions{Refuse: []string{"desk@example.org"}}
	for name, c := range map[string]struct {
		o     notifytest.MailOptions
		l     Letter
		final bool
	}{
		"nobody of that name":      {refusing, written("desk@example.org"), true},
		"no room for now":          {notifytest.MailOptions{Fail: "451 later"}, written("desk@example.org"), false},
		"no address":               {o: refusing, l: written("desk\r\nBcc: x@example.org"), final: true},
		"no author":                {o: refusing, l: Letter{From: "x", To: many[:1]}, final: true},
		"nobody":                   {o: refusing, l: written(), final: true},
		"more than one may go to":  {o: refusing, l: written(many...), final: true},
		"a server that is not one": {notifytest.MailOptions{Open: true}, written("desk@example.org"), false},
	} {
		var f *failure
		err := posts(t, mailServer(t, c.o), c.l)
		if final := errors.As(err, &f) && f.final; err == nil || final != c.final {
			t.Errorf("%s: %v; final %t", name, err, final)
		}
	}
}

func TestLettersAreQueuedOnceAndKnownByTheirEndpoint(t *testing.T) {
	one, err := NewLetter("mail", written("desk@example.org"))
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := NewLetter("mail", written("desk@example.org")); again.ID != one.ID || one.Call != "" || !strings.Contains(string(one.Event), `"kind":"script.mail"`) {
		t.Errorf("%+v is not %+v", again, one)
	}
	if other, _ := NewLetter("mail", Letter{ID: LetterID("5f-1 callflow[4]")}); other.ID == one.ID {
		t.Error("two letters are one")
	}
	if _, err := NewPlan([]Subscription{{Name: "mail", To: Letters{}}}); err == nil {
		t.Error("letters without a server were taken")
	}
	if (Subscription{To: Letters{}}).composed() != true {
		t.Error("letters would be parked")
	}
	var f *failure
	if err := (Letters{}).send(t.Context(), nil, Delivery{}, nil); !errors.As(err, &f) || !f.final {
		t.Errorf("what cannot be read is tried again: %v", err)
	}
}
