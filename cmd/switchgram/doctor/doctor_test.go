package doctor

import (
	"context"
	"embed"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gotd/td/session"
	"go.uber.org/goleak"

	"switchgram/bridge/sip/siptest"
	"switchgram/cmd/switchgram/program"
	"switchgram/esl/esltest"
	"switchgram/tgcall/testnet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is a safety net; no test waits so long when things go well.
const patience = time.Minute

// captured is what a FreeSWITCH 1.11 said.
//
//go:embed testdata
var captured embed.FS

func capture(t *testing.T, name string) string {
	t.Helper()
	text, err := captured.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// setUp is a set-up to examine: a FreeSWITCH of two halves, a Telegram network, a configuration. What a test wants broken it breaks.
type setUp struct {
	t        *testing.T
	ctx      context.Context
	dir      string
	socket   *esltest.Switch // FreeSWITCH's event socket
	exchange *siptest.Switch // and its SIP
	net      *testnet.Network
	account  *testnet.User
	answers  map[string]string // of FreeSWITCH's console, by command
	settings map[string]string // of the configuration, by block
	o        Options
}

func newSetUp(t *testing.T) *setUp {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	s := &setUp{t: t, ctx: ctx, dir: t.TempDir()}
	s.startFreeSWITCH()
	s.startTelegram()
	s.write("sip", "secret")
	s.write("esl", "a password of our own")
	state := filepath.Join(s.dir, "state")
	s.must(os.Mkdir(state, 0o700))
	s.settings = map[string]string{
		"telegram":   "{api_id: 1, api_hash_file: sip}",
		"state":      fmt.Sprintf("%q", state),
		"sip":        `{listen: ["udp:127.0.0.1:0"]}`,
		"freeswitch": fmt.Sprintf("{event_socket: %q, password_file: esl}", s.socket.Addr()),
		"lines":      fmt.Sprintf("[{name: sales, to: \"sip:1000\", sip: {registrar: %q, user: telegram, password_file: sip}}]", s.exchange.Addr()),
	}
	s.o.Path = filepath.Join(s.dir, "switchgram.yaml")
	return s
}

func (s *setUp) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// write makes a file that its owner alone can read.
func (s *setUp) write(name, text string) {
	s.t.Helper()
	s.must(os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600))
}

func (s *setUp) startFreeSWITCH() {
	var err error
	s.socket, err = esltest.Start(esltest.Options{Password: "a password of our own"})
	s.must(err)
	s.t.Cleanup(s.socket.Close)
	s.exchange, err = siptest.Start(s.ctx, siptest.Options{Users: map[string]string{"telegram": "secret"},
		Extensions: []siptest.Extension{siptest.Echo("9196"), {Number: "9000"}}})
	s.must(err)
	s.t.Cleanup(s.exchange.Close)
	profiles := strings.ReplaceAll(capture(s.t, "sofia-xmlstatus.xml"), ":5060", fmt.Sprintf(":%d", s.exchange.Addr().Port()))
	s.answers = map[string]string{
		"module_exists mod_opus":                                        "true",
		"module_exists mod_xml_curl":                                    "false",
		"global_getvar domain":                                          "127.0.0.1",
		"sofia xmlstatus":                                               profiles,
		"sofia xmlstatus profile internal":                              capture(s.t, "sofia-profile.xml"),
		"user_data telegram@127.0.0.1 var user_context":                 "default",
		"xml_locate dialplan context name default":                      capture(s.t, "dialplan.xml"),
		"xml_locate configuration configuration name event_socket.conf": capture(s.t, "event-socket.xml"),
		"xml_locate configuration configuration name xml_curl.conf":     "can't find anything",
		"sofia_contact */telegram@127.0.0.1":                            "error/user_not_registered",
	}
	for _, name := range []string{"module_exists", "global_getvar", "sofia", "user_data", "xml_locate", "sofia_contact"} {
		s.socket.HandleAPI(name, s.console(name))
	}
}

// console is one of FreeSWITCH's commands.
func (s *setUp) console(name string) esltest.API {
	return func(_ context.Context, args string) string { return s.answers[name+" "+args] + "\n" }
}

func (s *setUp) startTelegram() {
	var err error
	s.net, err = testnet.Start(s.ctx, testnet.Options{})
	s.must(err)
	s.t.Cleanup(s.net.Close)
	s.account = s.net.AddUser(testnet.UserOptions{Phone: "4930100200", Username: "line_sales"})
	device := s.account.Session(s.ctx)
	s.o.Network = &program.Network{
		AppID: s.net.AppID(), AppHash: s.net.AppHash(), DCList: s.net.DCList(), PublicKey: s.net.PublicKey(),
		Session: func(string) session.Storage { return device },
	}
}

func (s *setUp) configuration() string {
	var b strings.Builder
	for key, value := range s.settings {
		fmt.Fprintf(&b, "%s: %s\n", key, value)
	}
	return b.String()
}

// examine looks at everything and returns what was found.
func (s *setUp) examine() (all []Finding, bad bool) {
	s.t.Helper()
	s.write("switchgram.yaml", s.configuration())
	bad, err := Examine(s.ctx, s.o, func(f Finding) { all = append(all, f) })
	s.must(err)
	return all, bad
}

// want is a finding with these words in it.
type want struct {
	check   string
	verdict Verdict
	said    string // part of it
	mend    string // part of it; empty: there is none
}

// finds examines the set-up and looks for findings.
func (s *setUp) finds(wants ...want) {
	s.t.Helper()
	all, bad := s.examine()
	for _, w := range wants {
		if !w.in(all) {
			s.t.Errorf("nothing of %q %q, to mend with %q, in\n%s", w.verdict, w.said, w.mend, shown(all))
		}
		if w.verdict == Wrong && !bad {
			s.t.Errorf("%q is wrong, and the whole is not", w.said)
		}
	}
}

func (w want) in(all []Finding) bool {
	for _, f := range all {
		if f.Check == w.check && f.Verdict == w.verdict && strings.Contains(f.Said, w.said) && strings.Contains(f.Mend, w.mend) && (f.Mend == "") == (w.mend == "") {
			return true
		}
	}
	return false
}

func shown(all []Finding) string {
	var b strings.Builder
	for _, f := range all {
		Table(&b)(f)
	}
	return b.String()
}

func TestAWholesomeSetUpHasNothingWrong(t *testing.T) {
	s := newSetUp(t)
	s.o.Call = "9196"
	all, bad := s.examine()
	if bad {
		t.Errorf("something is wrong:\n%s", shown(all))
	}
	for _, w := range []want{
		{configured, OK, "1 line, 0 users", ""},
		{filed, OK, "its owner's alone", ""},
		{listened, OK, "is free", ""},
		{socketed, OK, "lets us in", ""},
		{reached, OK, `"siptest"`, ""},
		{registered, OK, "line sales as telegram", ""},
		{codecked, OK, "profile internal offers Opus", ""},
		{clocked, OK, "as FreeSWITCH has it", ""},
		{clocked, OK, "as Telegram has it", ""},
		{telegraphed, OK, "logged in, as @line_sales", ""},
		{echoed, OK, "Hz comes back", ""},
		{stunned, Skipped, "--stun", ""},
		{curled, Skipped, "no XML", ""},
	} {
		if !w.in(all) {
			t.Errorf("nothing of %q in\n%s", w.said, shown(all))
		}
	}
	if _, there := s.exchange.Registered("telegram"); there {
		t.Error("the doctor has left, and the line is still registered")
	}
}

// only makes one check, of the configuration as it is.
func (s *setUp) only(t *testing.T, c check) ([]Finding, error) {
	t.Helper()
	config, err := program.Read("test.yaml", strings.NewReader(s.configuration()))
	if err != nil {
		return nil, err
	}
	p := &patient{o: s.o, config: config, log: slog.New(slog.DiscardHandler)}
	defer p.close()
	return p.examine(s.ctx, c), nil
}
