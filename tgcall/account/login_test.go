package account_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/gotd/td/session"
	"github.com/gotd/td/telegram/auth/qrlogin"

	"switchgram/tgcall/account"
	"switchgram/tgcall/testnet"
)

// person answers a Prompt from lists, and notes what it was asked.
type person struct {
	phones, codes, passwords []func() string
	asked                    []account.Ask
}

func always(s string) []func() string {
	return slices.Repeat([]func() string{func() string { return s }}, 10)
}

func (p *person) answer(from *[]func() string, a account.Ask) (string, error) {
	p.asked = append(p.asked, a)
	if len(*from) == 0 {
		return "", errors.New("asked for what nobody knows")
	}
	f := (*from)[0]
	*from = (*from)[1:]
	return f(), nil
}

func (p *person) Phone(_ context.Context, a account.Ask) (string, error) {
	return p.answer(&p.phones, a)
}
func (p *person) Code(_ context.Context, a account.Ask) (string, error) { return p.answer(&p.codes, a) }
func (p *person) Password(_ context.Context, a account.Ask) (string, error) {
	return p.answer(&p.passwords, a)
}

// owner knows number and code, but no password.
func owner(n *testnet.Network, phone string) *person {
	return &person{phones: always("+" + phone), codes: slices.Repeat([]func() string{func() string { return n.Code(phone) }}, 10)}
}

func (p *person) errs() (all []error) {
	for _, a := range p.asked {
		all = append(all, a.Err)
	}
	return all
}

// oldKey is a session that is logged out but has its authorisation key. To make a new key takes gotd half a second, ten times that
// with the race detector; the tests named "Kept" and "QR" do it, as a first login does.
func oldKey(t *testing.T, n *testnet.Network) session.Storage {
	t.Helper()
	used := n.AddUser(testnet.UserOptions{Phone: "4930777777"}).Session(testContext(t))
	raw, err := used.LoadSession(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	r := run(t, newAccount(t, n, used))
	_, err = r.API().AuthLogOut(testContext(t))
	if end := r.stop(); err != nil && !errors.Is(end, account.ErrRevoked) { // which may come before the answer
		t.Fatal(err)
	}
	var s session.StorageMemory
	if err := s.StoreSession(testContext(t), raw); err != nil {
		t.Fatal(err)
	}
	return &s
}

const carolPhone = "4930333333"

func withPassword(n *testnet.Network) *testnet.User {
	return n.AddUser(testnet.UserOptions{Phone: carolPhone, Username: "carol", Password: "correct horse"})
}

func TestLoginByCodeIsKept(t *testing.T) {
	n := network(t, testnet.Options{})
	ann, _ := annAndBob(n)
	path := filepath.Join(t.TempDir(), "ann.session")

	self, err := newAccount(t, n, fileSession(t, path, testKey)).LoginCode(testContext(t), owner(n, ann.PhoneNumber()))
	if err != nil || self.ID != ann.ID() || self.Username != "ann" {
		t.Fatalf("logged in as %+v, %v", self, err)
	}

	again := newAccount(t, n, fileSession(t, path, testKey))
	if self, err := again.LoginCode(testContext(t), &person{}); err != nil || self.ID != ann.ID() {
		t.Errorf("asked to log in again: %+v, %v", self, err)
	}
	if r := run(t, again); r.Self().ID != ann.ID() {
		t.Errorf("runs as %+v", r.Self())
	}
}

func TestLoginWithTwoStepPassword(t *testing.T) {
	n := network(t, testnet.Options{})
	carol := withPassword(n)
	p := owner(n, carolPhone)
	p.passwords = append(always("wrong horse")[:1], always("correct horse")...)

	self, err := newAccount(t, n, oldKey(t, n)).LoginCode(testContext(t), p)

	if err != nil || self.ID != carol.ID() {
		t.Fatalf("logged in as %+v, %v", self, err)
	}
	if last := p.asked[len(p.asked)-1]; last.Try != 2 || !errors.Is(last.Err, account.ErrWrongPassword) {
		t.Errorf("asked again with %+v", last)
	}
}

// mistake is something that goes wrong in a login by code.
type mistake struct {
	change func(n *testnet.Network, p *person)
	want   error   // of LoginCode
	asks   []error // why each question was asked
}

func mistakes() map[string]mistake {
	wrong := func() string { return "00000x" }
	return map[string]mistake{
		"code wrong once": {
			change: func(n *testnet.Network, p *person) { p.codes = append([]func() string{wrong}, p.codes...) },
			asks:   []error{nil, nil, account.ErrWrongCode},
		},
		"code wrong three times": {
			change: func(n *testnet.Network, p *person) { p.codes = []func() string{wrong, wrong, wrong} },
			want:   account.ErrTooManyTries, asks: []error{nil, nil, account.ErrWrongCode, account.ErrWrongCode},
		},
		"code too old": {
			change: func(n *testnet.Network, p *person) {
				p.codes = []func() string{func() string { code := n.Code(carolPhone); n.ExpireCode(carolPhone); return code }}
			},
			want: account.ErrCodeExpired, asks: []error{nil, nil},
		},
		"code written in groups": {
			change: func(n *testnet.Network, p *person) {
				p.codes = []func() string{func() string { c := n.Code(carolPhone); return " " + c[:2] + "-" + c[2:] + "\n" }}
			},
			asks: []error{nil, nil},
		},
		"number without country": {
			change: func(n *testnet.Network, p *person) { p.phones = append(always("030 3333333")[:1], p.phones...) },
			asks:   []error{nil, account.ErrBadAddress, nil},
		},
		"number telegram does not take": {
			change: func(n *testnet.Network, p *person) { n.Refuse("auth.sendCode", 400, "PHONE_NUMBER_INVALID") },
			asks:   []error{nil, account.ErrBadNumber, nil},
		},
		"number without account": {
			change: func(n *testnet.Network, p *person) { p.phones = always("+4930999999") },
			want:   account.ErrSignUp, asks: []error{nil},
		},
		"too many logins": {
			change: func(n *testnet.Network, p *person) { n.Flood("auth.sendCode", time.Hour) },
			want:   new(account.FloodError), asks: []error{nil},
		},
	}
}

func TestLoginAsksAgain(t *testing.T) {
	for name, tc := range mistakes() {
		t.Run(name, func(t *testing.T) {
			n := network(t, testnet.Options{})
			n.AddUser(testnet.UserOptions{Phone: carolPhone})
			p := owner(n, carolPhone)
			tc.change(n, p)

			_, err := newAccount(t, n, oldKey(t, n)).LoginCode(testContext(t), p)

			var flood *account.FloodError
			if !errors.Is(err, tc.want) && !(errors.As(tc.want, &flood) && errors.As(err, &flood)) {
				t.Errorf("error is %v, want %v", err, tc.want)
			}
			if !slices.EqualFunc(p.errs(), tc.asks, func(got, want error) bool { return errors.Is(got, want) }) {
				t.Errorf("asked because of %v, want %v", p.errs(), tc.asks)
			}
		})
	}
}

func TestWrongPasswordThreeTimes(t *testing.T) {
	n := network(t, testnet.Options{})
	withPassword(n)
	p := owner(n, carolPhone)
	p.passwords = always("wrong horse")
	s := oldKey(t, n)

	_, err := newAccount(t, n, s).LoginCode(testContext(t), p)

	if !errors.Is(err, account.ErrTooManyTries) || !errors.Is(err, account.ErrWrongPassword) {
		t.Errorf("error is %v", err)
	}
	p = owner(n, carolPhone)
	p.passwords = always("correct horse")
	if _, err := newAccount(t, n, s).LoginCode(testContext(t), p); err != nil {
		t.Errorf("and from the beginning: %v", err)
	}
}

func TestALoginCanBeGivenUp(t *testing.T) {
	n := network(t, testnet.Options{})
	_, _ = annAndBob(n)
	ctx, cancel := context.WithCancel(testContext(t))
	p := &person{phones: []func() string{func() string { cancel(); return "+4930111111" }}}

	_, err := newAccount(t, n, oldKey(t, n)).LoginCode(ctx, p)

	if !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}

// scan accepts the login token of a URL with a device that is logged in.
func scan(t *testing.T, with *running, url string) {
	t.Helper()
	token, err := qrlogin.ParseTokenURL(url)
	if err == nil {
		_, err = qrlogin.AcceptQR(testContext(t), with.API(), token)
	}
	if err != nil {
		t.Errorf("accept %s: %v", url, err)
	}
}

func TestLoginByQR(t *testing.T) {
	n := network(t, testnet.Options{})
	annUser, _ := annAndBob(n)
	phone := run(t, newAccount(t, n, annUser.Session(testContext(t))))
	s := &session.StorageMemory{}
	computer := newAccount(t, n, s)

	self, err := computer.LoginQR(testContext(t), func(url string) { scan(t, phone, url) }, &person{})

	if err != nil || self.ID != annUser.ID() {
		t.Fatalf("logged in as %+v, %v", self, err)
	}
	if r := run(t, computer); r.Self().ID != annUser.ID() {
		t.Errorf("runs as %+v", r.Self())
	}
}

func TestAQRCodeThatNobodyScansIsReplaced(t *testing.T) {
	n := network(t, testnet.Options{QRLifetime: time.Second})
	annUser, _ := annAndBob(n)
	phone := run(t, newAccount(t, n, annUser.Session(testContext(t))))
	var shown []string
	show := func(url string) {
		shown = append(shown, url)
		if len(shown) < 2 {
			return
		}
		token, err := qrlogin.ParseTokenURL(url)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = qrlogin.AcceptQR(testContext(t), phone.API(), token) // may be too late on a busy machine; another follows
	}

	self, err := newAccount(t, n, oldKey(t, n)).LoginQR(testContext(t), show, &person{})

	if err != nil || self.ID != annUser.ID() || len(shown) < 2 || shown[0] == shown[1] {
		t.Fatalf("logged in as %+v, %v, after %v", self, err, shown)
	}
}

func TestLoginByQRWithTwoStepPassword(t *testing.T) {
	n := network(t, testnet.Options{})
	carol := withPassword(n)
	phone := run(t, newAccount(t, n, carol.Session(testContext(t))))
	p := &person{passwords: always("correct horse")}

	self, err := newAccount(t, n, oldKey(t, n)).LoginQR(testContext(t), func(url string) { scan(t, phone, url) }, p)

	if err != nil || self.ID != carol.ID() || len(p.asked) != 1 {
		t.Fatalf("logged in as %+v, %v, asked %v", self, err, p.asked)
	}
}
