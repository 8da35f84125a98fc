package tgcall_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/gotd/td/crypto"
	"github.com/gotd/td/session"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/dcs"
	"github.com/gotd/td/tg"

	"switchgram/tgcall"
	"switchgram/tgcall/account"
	"switchgram/tgcall/testnet"
)

// crashEnv tells a process that it is to be killed, and what to do until then.
const crashEnv = "SWITCHGRAM_TEST_CRASH"

// crashing is what such a process is told: an account, and whom it calls. Nobody: it waits to be called.
type crashing struct {
	AppID            int
	AppHash          string
	Address          string // of the network
	KeyFile          string // the network's, PEM
	Session, Journal string // files
	To               string // username
	LetRing          bool   // it says "ready" once it rings; else once media runs
}

func runCrashing() {
	var c crashing
	err := json.Unmarshal([]byte(os.Getenv(crashEnv)), &c)
	if err == nil {
		err = c.run(context.Background())
	}
	fmt.Println("over:", err)
}

func (c crashing) run(ctx context.Context) error {
	a, err := c.account()
	if err != nil {
		return err
	}
	journal, err := tgcall.OpenJournal(c.Journal)
	if err != nil {
		return err
	}
	return a.Run(ctx, func(ctx context.Context, s *account.Session) error {
		calls := tgcall.New(s.API(), tgcall.Options{
			Self: s.Self().ID, Journal: journal, Engine: tgcall.EngineOptions{Loopback: true}, OnCall: c.onCall,
		})
		s.OnUpdate(calls.Handle)
		go c.dial(ctx, s, calls)
		return calls.Run(ctx)
	})
}

func (c crashing) account() (*account.Account, error) {
	pem, err := os.ReadFile(c.KeyFile)
	if err != nil {
		return nil, err
	}
	keys, err := crypto.ParseRSAPublicKeys(pem)
	if err != nil {
		return nil, err
	}
	host, text, _ := net.SplitHostPort(c.Address)
	port, _ := strconv.Atoi(text)
	return account.New(account.Options{
		AppID: c.AppID, AppHash: c.AppHash, Session: &session.FileStorage{Path: c.Session}, DC: 2,
		DCList:     dcs.List{Options: []tg.DCOption{{Static: true, ID: 2, IPAddress: host, Port: port}}},
		PublicKeys: []telegram.PublicKey{{RSA: keys[0]}},
	})
}

func (c crashing) onCall(ctx context.Context, call *tgcall.Call) {
	if !c.LetRing {
		_ = call.Accept(ctx)
	}
	<-ctx.Done()
}

func (c crashing) dial(ctx context.Context, s *account.Session, calls *tgcall.Client) {
	if c.To == "" {
		fmt.Println("up")
		return
	}
	person, err := s.Resolve(ctx, c.To)
	if err != nil {
		fmt.Println("resolve:", err)
		return
	}
	call, err := calls.Dial(ctx, person.Input())
	if err != nil {
		fmt.Println("dial:", err)
		return
	}
	for e := range call.Events() {
		_, rings := e.(tgcall.Ringing)
		if _, talks := e.(tgcall.Connected); talks || rings && c.LetRing {
			fmt.Println("ready")
		}
	}
}

// crashed prepares a process that is Ann.
func crashed(t *testing.T, w *world) crashing {
	t.Helper()
	dir := t.TempDir()
	at := w.DCList().Options[0]
	c := crashing{
		AppID: w.AppID(), AppHash: w.AppHash(), Address: net.JoinHostPort(at.IPAddress, strconv.Itoa(at.Port)),
		KeyFile: filepath.Join(dir, "key"), Session: filepath.Join(dir, "session"), Journal: filepath.Join(dir, "calls"),
	}
	data, err := w.ann.Session(t.Context()).LoadSession(t.Context())
	for file, text := range map[string][]byte{c.KeyFile: []byte(w.PublicKeyPEM()), c.Session: data} {
		if err == nil {
			err = os.WriteFile(file, text, 0o600)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// start runs the process until it has said that it is where it shall be.
func (c crashing) start(t *testing.T, said string) (kill func()) {
	t.Helper()
	text, _ := json.Marshal(c) // of strings and numbers
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^$")
	cmd.Env = append(os.Environ(), crashEnv+"="+string(text))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	kill = func() {
		_ = cmd.Process.Kill() // SIGKILL; fails only if it is gone
		_ = cmd.Wait()
	}
	t.Cleanup(kill)
	for lines := bufio.NewScanner(out); ; {
		if !lines.Scan() {
			t.Fatalf("the process has ended before it said %q", said)
		}
		if lines.Text() == said {
			return kill
		}
		t.Logf("the process says %q", lines.Text())
	}
}

// TestAfterACrashThePhoneIsFreeAtOnce kills a real process in the middle of a call. Bob's engine would need 20 s and more to notice.
func TestAfterACrashThePhoneIsFreeAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		incoming, ringing bool
		want              tgcall.DiscardError
	}{
		"in a call that we placed": {want: tgcall.DiscardError{Reason: tgcall.Disconnect, Remote: true, Answered: true}},
		"in a call that we took":   {incoming: true, want: tgcall.DiscardError{Reason: tgcall.Disconnect, Remote: true, Outgoing: true, Answered: true}},
		"while we ring there":      {ringing: true, want: tgcall.DiscardError{Reason: tgcall.Disconnect, Remote: true}},
		"while it rings here":      {incoming: true, ringing: true, want: tgcall.DiscardError{Reason: tgcall.Disconnect, Remote: true, Outgoing: true}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, testnet.Options{})
			process := crashed(t, w)
			process.LetRing = c.ringing
			incoming := make(chan *tgcall.Call, 1)
			bob := phone(t, w.bob, testnet.PhoneOptions{OnCall: func(ctx context.Context, call *tgcall.Call) {
				incoming <- call
				if !c.ringing {
					_ = call.Accept(ctx)
				}
				<-ctx.Done()
			}})
			var call *tgcall.Call
			var kill func()
			if c.incoming {
				kill = process.start(t, "up")
				call = dial(t, bob, "@ann")
				event[tgcall.Ringing](t, call)
			} else {
				process.To = "@bob"
				kill = process.start(t, "ready")
				call = <-incoming
			}
			if !c.ringing {
				event[tgcall.Connected](t, call)
			}
			kill()
			process.To = ""
			again := time.Now()
			process.start(t, "up")
			wantEnd(t, call, c.want)
			t.Logf("the other side's phone was free %v after the restart began", time.Since(again).Round(time.Millisecond))
			if w.Calls() > 0 {
				t.Error("the call goes on")
			}
		})
	}
}
