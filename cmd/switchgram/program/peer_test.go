package program_test

import (
	"bufio"
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"github.com/gotd/td/session"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/dcs"

	"switchgram/bridge/sip/siptest"
	"switchgram/tgcall"
	"switchgram/tgcall/account"
	"switchgram/tgcall/testnet"
)

// roleVariable makes this test program a peer in a process of its own, which can be killed as no peer in ours can: without a word.
const roleVariable = "PROGRAM_TEST_ROLE"

// A peer reads what it has to know from its input as a line of JSON, prints what is to be known of it on one line when it is ready, and
// lives until its input ends.
var roles = map[string]func(ctx context.Context, in *bufio.Reader) error{"switch": beSwitch, "person": bePerson}

func play(role string) int {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if err := roles[role](ctx, bufio.NewReader(os.Stdin)); err != nil {
		fmt.Fprintln(os.Stderr, role, err)
		return 1
	}
	return 0
}

// beSwitch is a switch with an echo at 1000.
func beSwitch(ctx context.Context, in *bufio.Reader) error {
	s, err := siptest.Start(ctx, siptest.Options{Users: map[string]string{"line-main": password}, Extensions: []siptest.Extension{siptest.Echo("1000")}})
	if err != nil {
		return err
	}
	defer s.Close()
	fmt.Println(s.Addr())
	_, err = io.Copy(io.Discard, in)
	return err
}

// identity is a logged-in person, and where they live.
type identity struct {
	AppID   int
	AppHash string
	DCs     dcs.List
	Key     string // PEM
	Session []byte
}

// bePerson is somebody on Telegram who echoes whoever calls.
func bePerson(ctx context.Context, in *bufio.Reader) error {
	text, err := in.ReadBytes('\n')
	if err != nil {
		return err
	}
	var who identity
	if err := json.Unmarshal(text, &who); err != nil {
		return err
	}
	a, err := who.account(ctx)
	if err != nil {
		return err
	}
	return a.Run(ctx, func(ctx context.Context, s *account.Session) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		calls := tgcall.New(s.API(), tgcall.Options{Self: s.Self().ID, OnCall: testnet.Echo, Engine: tgcall.EngineOptions{Loopback: true}})
		s.OnUpdate(calls.Handle)
		go func() { // ends with our input, as we do
			_, _ = io.Copy(io.Discard, in)
			cancel()
		}()
		fmt.Println("ready")
		return calls.Run(ctx)
	})
}

func (who identity) account(ctx context.Context) (*account.Account, error) {
	block, _ := pem.Decode([]byte(who.Key))
	if block == nil {
		return nil, errors.New("no key")
	}
	key, err := x509.ParsePKCS1PublicKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	var stored session.StorageMemory
	if err := stored.StoreSession(ctx, who.Session); err != nil {
		return nil, err
	}
	return account.New(account.Options{AppID: who.AppID, AppHash: who.AppHash, Session: &stored,
		DCList: who.DCs, PublicKeys: []telegram.PublicKey{{RSA: key}}})
}

// peer is such a process.
type peer struct {
	kill func() // without a word
	said string // what it printed when it was ready
}

// spawn starts a peer and waits until it is ready.
func (h *house) spawn(role string, knows any) *peer {
	h.t.Helper()
	c := exec.CommandContext(h.ctx, os.Args[0])
	c.Env = append(os.Environ(), roleVariable+"="+role)
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	h.must(err)
	out, err := c.StdoutPipe()
	h.must(err)
	h.must(c.Start())
	p := &peer{kill: func() { _ = c.Process.Kill() }}
	h.t.Cleanup(func() { p.kill(); _ = c.Wait() })
	h.must(json.NewEncoder(in).Encode(knows))
	p.said, err = bufio.NewReader(out).ReadString('\n')
	h.must(err)
	p.said = strings.TrimSpace(p.said)
	return p
}

// personApart is somebody on Telegram in a process of their own.
func (h *house) personApart(u *testnet.User) *peer {
	h.t.Helper()
	stored, err := u.Session(h.ctx).LoadSession(h.ctx)
	h.must(err)
	return h.spawn("person", identity{AppID: h.net.AppID(), AppHash: h.net.AppHash(), DCs: h.net.DCList(), Key: h.net.PublicKeyPEM(), Session: stored})
}
