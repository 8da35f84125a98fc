package line

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"go.yaml.in/yaml/v3"

	"switchgram/bridge"
)

func config(name string) Config {
	return Config{
		Name: name, To: sip("1000"),
		SIP: SIP{Registrar: "127.0.0.1:5060", User: name, PasswordEnv: "X"},
	}
}

func registry(t *testing.T, lines []Config, users ...User) *Registry {
	t.Helper()
	r, err := NewRegistry(lines, users)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestConfigurationReadsAsYAML(t *testing.T) {
	var c struct {
		Lines []Config
		Users []User
	}
	d := yaml.NewDecoder(strings.NewReader(`
lines:
  - name: sales
    sip: {registrar: "127.0.0.1:5060", transport: tcp, user: telegram, password_env: SALES_SIP_PASSWORD, expires: 2m}
    to: sip:1000
    max_calls: 2
    allow: ["+49*", "@*", "*77"]
    media: relay
users:
  - name: ann
    password: ` + hashed(t, "secret").Text() + `
    sip_digest: 0123456789abcdef0123456789abcdef
    lines: [sales]
    numbers: ["!+49900*", "*"]
    roles: [talk, listen]
`))
	d.KnownFields(true)
	if err := d.Decode(&c); err != nil {
		t.Fatal(err)
	}
	r := registry(t, c.Lines, c.Users...)
	l := r.Line("sales")
	if l == nil || l.Media != Relay || l.To != sip("1000") || l.Account != "sales" || l.MaxCalls != 2 || l.SIP.Transport != "tcp" {
		t.Errorf("line: %+v", l)
	}
	if u, err := r.Login("ann", "secret"); err != nil || len(u.Roles) != 2 || u.SIPDigest == "" {
		t.Errorf("user: %+v, %v", u, err)
	}
}

func TestWrongConfigurationIsNamedFieldByField(t *testing.T) {
	bad := config("a b")
	bad.To, bad.MaxCalls, bad.SIP = bridge.Address{}, -1, SIP{Registrar: "a b", Transport: "sctp", PasswordEnv: "A", PasswordFile: "b", Expires: -1}
	bad.Account = "../x"
	twin := config("twin")
	same := config("twin")
	cousin := config("cousin")
	cousin.SIP.User = "twin"
	_, err := NewRegistry([]Config{bad, twin, same, cousin}, []User{
		{Name: "ann", Lines: []string{"none"}, SIPDigest: "xyz"}, {Name: "ann"}, {},
	})
	if err == nil {
		t.Fatal("it was taken")
	}
	for _, want := range []string{
		`lines[0].name: "a b"`, `lines[0].account: "../x"`, `lines[0].to: missing`, `lines[0].max_calls: -1`, `lines[0].sip.registrar: "a b"`,
		`lines[0].sip.user: ""`, `lines[0].sip.transport: "sctp"`, `lines[0].sip.password_env: stands beside`, `lines[0].sip.expires: -1ns`,
		`lines[2].name: "twin": there is another`, `lines[3].sip.user: "twin": line twin registers so`,
		`users[0].lines[0]: "none": no such line`, `users[0].sip_digest: want 32`, `users[1].name: "ann": there is another`, `users[2].name: ""`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("missing: %s", want)
		}
	}
	var field *FieldError
	if !errors.As(err, &field) || field.Key != "lines[0].name" {
		t.Errorf("the first is %+v", field)
	}
}

func TestTextsOfTheConfigurationAreChecked(t *testing.T) {
	for _, text := range []string{"media: both", "to: '1000'", "allow: ['+49*30']", "roles: [boss]", "password: hunter2"} {
		var line Config
		var user User
		errLine, errUser := yaml.Unmarshal([]byte(text), &line), yaml.Unmarshal([]byte(text), &user)
		if errLine == nil && errUser == nil {
			t.Errorf("%s was taken", text)
		}
	}
	for _, m := range []Media{Direct, Relay} {
		var back Media
		if text, _ := m.MarshalText(); back.UnmarshalText(text) != nil || back != m {
			t.Errorf("%s comes back as %s", m, back)
		}
	}
	for _, r := range []Role{Talk, Listen, Whisper, Moderate} {
		var back Role
		if text, _ := r.MarshalText(); back.UnmarshalText(text) != nil || back != r {
			t.Errorf("%s comes back as %s", r, back)
		}
	}
}

func TestWhoMayCallWhomByWhichLine(t *testing.T) {
	open, german := config("open"), config("german")
	german.Allow = patterns(t, "!+49900*", "+49*", "@*")
	r := registry(t, []Config{open, german},
		User{Name: "ann", Lines: []string{"german"}, Numbers: patterns(t, "+4930*")},
		User{Name: "boss", Lines: []string{"*"}},
		User{Name: "guest"})
	for _, c := range []struct {
		user, line, number string
		want               bool
		cause              bridge.Cause
	}{
		{"", "open", "+1555", true, 0},
		{"", "german", "+4930123", true, 0},
		{"", "german", "@bob", true, 0},
		{"", "german", "+1555", false, bridge.OutgoingCallBarred},
		{"", "german", "+499001", false, bridge.OutgoingCallBarred},
		{"", "german", "*7", false, bridge.OutgoingCallBarred},
		{"", "none", "+4930", false, bridge.NoRouteDestination},
		{"ann", "german", "+4930123", true, 0},
		{"ann", "german", "+4940123", false, bridge.OutgoingCallBarred},
		{"ann", "open", "+4930123", false, bridge.OutgoingCallBarred},
		{"boss", "open", "+1555", true, 0},
		{"boss", "german", "+1555", false, bridge.OutgoingCallBarred},
		{"guest", "open", "+1555", false, bridge.OutgoingCallBarred},
		{"nobody", "open", "+1555", false, bridge.OutgoingCallBarred},
	} {
		d := r.May(c.user, c.line, tg(c.number))
		if d.Allowed != c.want || d.Cause != c.cause || d.Reason == "" || (d.Err() == nil) != c.want {
			t.Errorf("%q by %s to %s: %+v", c.user, c.line, c.number, d)
		}
	}
}

func TestWhoMayJoinAsWhat(t *testing.T) {
	r := registry(t, []Config{config("a"), config("b")},
		User{Name: "ann", Lines: []string{"a"}}, User{Name: "boss", Lines: []string{"*"}, Roles: []Role{Listen, Whisper}})
	for _, c := range []struct {
		user, line string
		as         Role
		want       bool
	}{
		{"ann", "a", Talk, true}, {"ann", "a", Listen, false}, {"ann", "b", Talk, false}, {"boss", "b", Listen, true},
		{"boss", "b", Whisper, true}, {"boss", "b", Talk, false}, {"boss", "c", Listen, false}, {"nobody", "a", Talk, false},
	} {
		if d := r.MayJoin(c.user, c.line, c.as); d.Allowed != c.want || d.Reason == "" {
			t.Errorf("%s on %s as %s: %+v", c.user, c.line, c.as, d)
		}
	}
}

func TestLogin(t *testing.T) {
	r := registry(t, nil, User{Name: "ann", Password: hashed(t, "secret")}, User{Name: "phone"})
	if u, err := r.Login("ann", "secret"); err != nil || u.Name != "ann" {
		t.Errorf("%+v, %v", u, err)
	}
	for _, c := range [][2]string{{"ann", "Secret"}, {"nobody", "nobody's"}, {"phone", ""}, {"phone", "nobody's"}} {
		if _, err := r.Login(c[0], c[1]); !errors.Is(err, ErrPassword) {
			t.Errorf("%s with %q: %v", c[0], c[1], err)
		}
	}
	if _, ok := r.User("ann"); !ok {
		t.Error("ann is not known")
	}
	if _, ok := r.User("bob"); ok {
		t.Error("bob is known")
	}
}

func TestCallsOfALineAreCountedAtTheGate(t *testing.T) {
	c := config("a")
	c.MaxCalls, c.Allow = 2, patterns(t, "+49*")
	r := registry(t, []Config{c})
	first, err := r.Admit(context.Background(), "a", tg("@ann"), sip("1000"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Admit(context.Background(), "a", sip("1000"), tg("+4930")); err != nil {
		t.Fatal(err)
	}
	_, err = r.Admit(context.Background(), "a", tg("@bob"), sip("1000"))
	if bridge.CauseOf(err) != bridge.UserBusy || r.Line("a").Calls() != 2 {
		t.Errorf("a third call: %v, %d calls", err, r.Line("a").Calls())
	}
	first()
	first() // once counts
	if r.Line("a").Calls() != 1 {
		t.Errorf("%d calls", r.Line("a").Calls())
	}
	if _, err := r.Admit(context.Background(), "a", sip("1000"), tg("+1555")); bridge.CauseOf(err) != bridge.OutgoingCallBarred {
		t.Errorf("a forbidden number: %v", err)
	}
	if _, err := r.Admit(context.Background(), "b", sip("1000"), tg("+49")); bridge.CauseOf(err) != bridge.NoRouteDestination {
		t.Errorf("no line: %v", err)
	}
	if r.Line("a").Calls() != 1 || len(r.Lines()) != 1 {
		t.Errorf("refused calls were counted: %d", r.Line("a").Calls())
	}
}

func TestCallsAreSentOnToWhomTheLineMayCall(t *testing.T) {
	c := config("a")
	c.To, c.Allow = sip("1000"), patterns(t, "!+49900*", "+49*", "10xx")
	r, err := NewRegistry([]Config{c}, []User{{Name: "ann", Lines: []string{"a"}, Numbers: patterns(t, "+4930*")}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		user string
		to   bridge.Address
		want bool
	}{
		{"", sip("1001"), true}, {"", sip("2000"), false}, {"", tg("+4930123"), true}, {"", tg("+49900123"), false}, {"", tg("@bob"), false},
		{"ann", tg("+4930123"), true}, {"ann", tg("+4940123"), false}, {"ann", sip("1001"), false}, {"ann", sip("1000"), true},
		{"bob", tg("+4930123"), false},
	} {
		if err := r.Follow(context.Background(), "a", tt.user, tt.to); (err == nil) != tt.want {
			t.Errorf("%q to %s: %v", tt.user, tt.to, err)
		}
	}
	if err := r.Follow(context.Background(), "b", "", sip("1000")); err == nil {
		t.Error("by no line")
	}
}

func TestManyCallersFightForTheLastPlace(t *testing.T) {
	r := registry(t, []Config{config("a")})
	var wg sync.WaitGroup
	var mu sync.Mutex
	var won int
	for range 50 {
		wg.Go(func() {
			if r.Line("a").Acquire() == nil {
				mu.Lock()
				won++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if won != 1 {
		t.Errorf("%d calls on a line for one", won)
	}
}

func TestReleasingTooMuchIsABug(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("nothing happened")
		}
	}()
	registry(t, []Config{config("a")}).Line("a").Release()
}
