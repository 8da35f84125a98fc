package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"switchgram/cmd/switchgram/program"
	"switchgram/tgcall/testnet"
)

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == program.JavaScriptWorker {
		if err := (javascriptWorker{}).Run(surroundings{in: os.Stdin, out: os.Stdout}); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// patience is a safety net; no test waits so long when things go well.
const patience = 2 * time.Minute

// screen is what a person sees, and can wait for.
type screen struct {
	mu      sync.Mutex
	text    string
	read    int           // up to where await has come
	written chan struct{} // closed and replaced with every write
}

func newScreen() *screen { return &screen{written: make(chan struct{})} }

// Write shows text.
func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text += string(b)
	close(s.written)
	s.written = make(chan struct{})
	return len(b), nil
}

// String is all that was shown.
func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text
}

// await waits for a text after the one it waited for last.
func (s *screen) await(ctx context.Context, t *testing.T, text string) {
	t.Helper()
	for {
		s.mu.Lock()
		at := strings.Index(s.text[s.read:], text)
		if at >= 0 {
			s.read += at + len(text)
			s.mu.Unlock()
			return
		}
		written := s.written
		s.mu.Unlock()
		select {
		case <-written:
		case <-ctx.Done():
			t.Fatalf("%q was never shown:\n%s", text, s)
		}
	}
}

// session is a person at a terminal.
type session struct {
	t        *testing.T
	ctx      context.Context
	out, err *screen
	in       *keyboard
	network  *program.Network // nil: no command needs one
	signal   context.CancelFunc
}

func sit(t *testing.T) *session {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	s := &session{t: t, ctx: ctx, out: newScreen(), err: newScreen(), in: newKeyboard(t)}
	return s
}

// start runs a command, and returns where its status will come.
func (s *session) start(args ...string) <-chan int {
	status := make(chan int, 1)
	var ctx context.Context
	ctx, s.signal = context.WithCancel(s.ctx)
	go func() {
		status <- run(ctx, args, surroundings{in: s.in, out: s.out, err: s.err, network: s.network})
	}()
	return status
}

// want runs a command to its end.
func (s *session) want(status int, args ...string) {
	s.t.Helper()
	s.wantEnd(status, s.start(args...))
}

func (s *session) wantEnd(status int, ended <-chan int) {
	s.t.Helper()
	select {
	case got := <-ended:
		if got != status {
			s.t.Fatalf("ended with status %d, want %d\n%s%s", got, status, s.out, s.err)
		}
	case <-s.ctx.Done():
		s.t.Fatalf("it does not end\n%s%s", s.out, s.err)
	}
}

// sees waits for a text on standard error, where people are talked to.
func (s *session) sees(text string) {
	s.t.Helper()
	s.err.await(s.ctx, s.t, text)
}

func (s *session) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// keyboard is standard input that a test types on. Like a terminal it makes its reader wait.
type keyboard struct{ typed chan string }

func newKeyboard(t *testing.T) *keyboard {
	k := &keyboard{typed: make(chan string, 16)}
	t.Cleanup(func() { close(k.typed) })
	return k
}

// Read hands over what was typed.
func (k *keyboard) Read(b []byte) (int, error) {
	text, ok := <-k.typed
	if !ok {
		return 0, os.ErrClosed
	}
	return copy(b, text), nil // no test types more than a reader's buffer
}

func (k *keyboard) types(line string) { k.typed <- line + "\n" }

// configuration writes a configuration file with one line and returns its name.
func configuration(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "hash"), "0123456789abcdef")
	name := filepath.Join(dir, "c.yaml")
	write(t, name, `telegram: {api_id: 17349, api_hash_file: hash}
sip: {listen: ["udp:127.0.0.1:0"]}
lines:
  - {name: sales, to: "sip:1000", sip: {registrar: "127.0.0.1:1", user: telegram}}
`)
	return name
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// telegram is a network with Ann on it, whose sessions are kept in the state folder as those of Telegram are.
func (s *session) telegram(ann testnet.UserOptions) (*testnet.Network, *testnet.User) {
	s.t.Helper()
	n, err := testnet.Start(s.ctx, testnet.Options{})
	s.must(err)
	s.t.Cleanup(n.Close)
	s.network = &program.Network{AppID: n.AppID(), AppHash: n.AppHash(), DCList: n.DCList(), PublicKey: n.PublicKey()}
	ann.Phone, ann.FirstName, ann.LastName = annNumber, "Ann", "Ahlers"
	return n, n.AddUser(ann)
}

const annNumber = "4930123456"

func TestHelpShowsTheStepsOnLinesOfTheirOwn(t *testing.T) {
	s := sit(t)
	s.want(0)
	for _, line := range []string{
		"    switchgram demo",
		" 1. copy switchgram.example.yaml to switchgram.yaml and edit it",
		" 2. switchgram login -l LINE (once for each line)",
		" 3. switchgram run",
		"  recordings list      Print what was recorded, and what is not finished.",
	} {
		if !strings.Contains(s.out.String(), "\n"+line+"\n") {
			t.Errorf("no line %q", line)
		}
	}
	if s.err.String() != "" {
		t.Errorf("it complains: %s", s.err)
	}
}

func TestEveryCommandHasHelp(t *testing.T) {
	for _, command := range []string{"run", "login", "call", "demo", "peer", "hash-password", "version"} {
		s := sit(t)
		s.want(0, command, "--help")
		text := s.out.String()
		if !strings.HasPrefix(text, "Usage: switchgram "+command) || s.err.String() != "" {
			t.Errorf("%s: %s%s", command, text, s.err)
		}
		for line := range strings.SplitSeq(text, "\n") {
			if len(line) > 80 {
				t.Errorf("%s: longer than a terminal is wide: %s", command, line)
			}
		}
	}
}

func TestMisuseIsNamed(t *testing.T) {
	for args, want := range map[string]string{
		"cal":                    "switchgram: unexpected argument cal, did you mean one of \"call\", \"calls\"?\nswitchgram: see switchgram --help\n",
		"run --foo":              "switchgram: unknown flag --foo\nswitchgram: see switchgram run --help\n",
		"call":                   "switchgram: missing flags: --to=WHOM\nswitchgram: see switchgram call --help\n",
		"run --log-format=xml":   `--log-format must be one of "text","json" but got "xml"`,
		"run --log-level=loud":   `--log-level: slog: level string "loud": unknown name`,
		"demo --media-loss 1.5":  "--media-loss=1.5: want a share from 0 to 1",
		"call -to @a -for never": `--for: expected duration but got "never"`,
	} {
		s := sit(t)
		s.want(2, strings.Fields(args)...)
		if !strings.Contains(s.err.String(), want) || s.out.String() != "" {
			t.Errorf("%s:\n%swant %s", args, s.err, want)
		}
	}
}

func TestVersionIsPrinted(t *testing.T) {
	s := sit(t)
	s.want(0, "version")
	if !strings.HasPrefix(s.out.String(), "switchgram unknown\ngo1") {
		t.Errorf("got %s", s.out)
	}
}

func TestMistakesOfTheConfigurationStandOnLinesOfTheirOwn(t *testing.T) {
	name := filepath.Join(t.TempDir(), "c.yaml")
	for text, want := range map[string]string{
		"telegram:\n  api_id: x\n  hash: y\n": fmt.Sprintf("switchgram: %s:2:11: telegram.api_id: \"x\": want a whole number\nswitchgram: %s:3:3: telegram: unknown key \"hash\"", name, name),
		"lines: {":                            fmt.Sprintf("switchgram: %s:1:1: not YAML: ", name),
	} {
		write(t, name, text)
		for _, command := range []string{"run", "login", "call -to @ann"} {
			s := sit(t)
			s.want(1, append(strings.Fields(command), "-config", name)...)
			if !strings.HasPrefix(s.err.String(), want) {
				t.Errorf("%s:\n%swant\n%s", command, s.err, want)
			}
		}
	}
	s := sit(t)
	s.want(1, "run", "-c", name+".none")
	s.sees("switchgram: there is no configuration " + name + ".none: begin with a copy of switchgram.example.yaml")
}
