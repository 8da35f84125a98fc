package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"switchgram/bridge"
	"switchgram/bridge/line"
	"switchgram/verto"
	"switchgram/verto/vertotest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lines are all connected but sales.
type lines struct{ written chan string }

func (l lines) Free(at *line.Line, _ string) bool { return at.Name != "sales" }

func (l lines) Write(_ context.Context, name string, to bridge.Address, text string) error {
	if name == "sales" {
		return ErrOffline
	}
	l.written <- fmt.Sprint(name, " ", to, " ", text)
	return nil
}

// everybody has the password "secret".
type everybody struct{ registry *line.Registry }

func (e everybody) Login(_ context.Context, l verto.Login) (verto.User, error) {
	if _, ours := e.registry.User(l.Name); !ours || l.Password != "secret" {
		return verto.User{}, verto.ErrUser
	}
	return verto.User{ID: l.Name, Name: "Mx " + l.Name, Number: l.Name, May: Access{e.registry, l.Name, nil}}, nil
}

// open is a desk of the lines sales, which is not connected, and main; ann has both, bob has main alone, with a telephone, and eve has every line.
func open(t *testing.T) (d *Desk, url string, written <-chan string) {
	t.Helper()
	var all []line.Config
	for _, name := range []string{"sales", "main"} {
		all = append(all, line.Config{
			Name: name, To: bridge.Address{Scheme: "sip", User: "1000"}, Country: "DE",
			SIP: line.SIP{Registrar: "127.0.0.1:5060", User: name, PasswordEnv: "X"},
		})
	}
	registry, err := line.NewRegistry(all, []line.User{
		{Name: "ann", Lines: []string{"sales", "main"}},
		{Name: "bob", Lines: []string{"main"}, SIPDigest: line.Secret(strings.Repeat("0", 32))},
		{Name: "eve", Lines: []string{"*"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	by := lines{make(chan string, 1)}
	d, err = New(Options{
		Registry: registry, Lines: by, Bridge: func() *bridge.Bridge { return nil }, Log: slog.New(slog.DiscardHandler),
		Verto: verto.Options{Users: everybody{registry}, Log: slog.New(slog.DiscardHandler)},
	})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(d.Pages())
	ctx, stop := context.WithCancel(context.Background())
	over := make(chan error, 1)
	go func() { over <- d.Pages().Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-over; err != nil {
			t.Errorf("run: %v", err)
		}
		web.Close()
	})
	return d, "ws" + strings.TrimPrefix(web.URL, "http"), by.written
}

// login opens a page of a user's.
func login(t *testing.T, url, user string, asked func(vertotest.Request)) *vertotest.Client {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	c, err := vertotest.Dial(ctx, url, vertotest.Options{Handle: asked})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.Login(ctx, user, "secret"); err != nil {
		t.Fatal(err)
	}
	return c
}

// write has a page write to somebody.
func write(t *testing.T, from *vertotest.Client, to string) error {
	t.Helper()
	_, err := from.Ask(t.Context(), "verto.info", map[string]any{"msg": map[string]any{"to": to, "body": "hello"}})
	return err
}

func TestWhatUsersDialIsUnderstood(t *testing.T) {
	d, url, _ := open(t)
	login(t, url, "ann", nil)
	for dialled, want := range map[string]string{
		"+49 30 123456": "tg:+4930123456",
		"030 123456":    "tg:+4930123456",
		"@kate":         "tg:@kate",
		"tg#kate":       "tg:tg#kate", // for keypads without @
		"*77":           "tg:*77",
		"1000":          "sip:1000",
		"ann":           "verto:ann", // has a page open
		"bob":           "sip:bob",   // has none, but a telephone
		"eve":           "verto:eve", // has neither
		"sip:bob":       "sip:bob",
		"":              "",
	} {
		got := d.Means("main", dialled)
		if got == (bridge.Address{}) && want == "" {
			continue
		}
		if got.String() != want {
			t.Errorf("%q is %v, want %q", dialled, got, want)
		}
	}
}

func TestUsersSeeTheTablesOfTheirLines(t *testing.T) {
	d, _, _ := open(t)
	for user, want := range map[string]string{"ann": "[false true true false]", "bob": "[false false true false]", "eve": "[true true true false]", "": "[false false false false]"} {
		var may []bool
		for _, channel := range []string{allCalls, allCalls + ".sales", allCalls + ".main", allCalls + ".strange"} {
			may = append(may, Access{d.o.Registry, user, nil}.MaySubscribe(channel))
		}
		if fmt.Sprint(may) != want {
			t.Errorf("%q may see %v, want %s", user, may, want)
		}
	}
}

func TestUsersReadEachOther(t *testing.T) {
	_, url, _ := open(t)
	ann, heard := login(t, url, "ann", nil), make(chan vertotest.Request, 8)
	login(t, url, "bob", func(r vertotest.Request) { heard <- r })
	if err := write(t, ann, "bob"); err != nil {
		t.Fatal(err)
	}
	for r := range heard {
		if text := string(r.Params); r.Method == "verto.info" {
			if !strings.Contains(text, `"body":"hello"`) || !strings.Contains(text, "Mx ann") {
				t.Errorf("bob read %s", text)
			}
			break
		}
	}
	if e := (*vertotest.Error)(nil); !errors.As(write(t, ann, "eve"), &e) {
		t.Error("what nobody reads counts as delivered")
	}
}

// TestCallsAreNotLookedAtForNobody: tables are brought up to date when something happens, and otherwise only while somebody watches.
func TestCallsAreNotLookedAtForNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		registry, err := line.NewRegistry(nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		d, err := New(Options{
			Registry: registry, Bridge: func() *bridge.Bridge { t.Error("the calls are looked at"); return nil }, Log: slog.New(slog.DiscardHandler),
			Verto: verto.Options{Users: everybody{registry}},
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithTimeout(t.Context(), 10*appraiseEvery)
		defer stop()
		d.board.run(ctx)
	})
}

func TestTextsGoByTheFirstLineThatIsConnected(t *testing.T) {
	_, url, written := open(t)
	if err := write(t, login(t, url, "ann", nil), "telegram+@kate"); err != nil {
		t.Fatal(err)
	}
	if got := <-written; got != "main tg:@kate hello" {
		t.Errorf("wrote %q", got)
	}
}

func TestPagesJoinByRoleAndCall(t *testing.T) {
	for dialled, want := range map[string]string{
		"listen:7Q2": "listen 7Q2 true", "whisper:7Q2": "whisper 7Q2 true", "talk:7Q2": "talk 7Q2 true",
		"moderate:7Q2": "moderate 7Q2 false", // no way to take part
		"1000":         "talk  false", "sip:1000": "talk  false",
	} {
		as, call, ok := joining(dialled)
		if got := fmt.Sprint(as, " ", call, " ", ok); got != want {
			t.Errorf("%q: got %q, want %q", dialled, got, want)
		}
	}
}

func TestRowShowsPeopleByNameAndTheWorstSound(t *testing.T) {
	since := time.UnixMilli(1700000000000)
	shown, err := json.Marshal(row(bridge.CallStatus{
		ID: "7Q2", Line: "main", From: bridge.Address{Scheme: "tg", User: "@kate"}, To: bridge.Address{Scheme: "sip", User: "1000"}, State: bridge.CallTalking, Since: since,
		Legs: []bridge.LegStatus{{Party: bridge.Party{FirstName: "Kate"}, MOS: 4.32}, {MOS: 3.1}},
	}))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(shown), `["7Q2","main","Kate","sip:1000","talking",1700000000000,[`) || !strings.HasSuffix(string(shown), `,3.1]`) {
		t.Errorf("shows %s", shown)
	}
}
