package program_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/sip"
	"switchgram/cmd/switchgram/program"
	"switchgram/esl"
	"switchgram/esl/esltest"
	"switchgram/tgcall"
)

// socket is FreeSWITCH's event socket beside the house's switch, which itself knows nothing of one, with somebody on the bus.
type socket struct {
	*esltest.Switch
	h   *house
	bus *esl.Conn
	all *esl.Watch
}

// openSocket opens one; settings are those that name it.
func openSocket(t *testing.T) (s *socket, settings string) {
	t.Helper()
	fs, err := esltest.Start(esltest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(fs.Close)
	secret := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(secret, []byte("ClueCon"), 0o600); err != nil {
		t.Fatal(err)
	}
	return &socket{Switch: fs}, fmt.Sprintf("freeswitch: {event_socket: %q, password_file: %q}", fs.Addr(), secret)
}

// enter puts somebody on the bus.
func (s *socket) enter(h *house) {
	h.t.Helper()
	s.h = h
	var err error
	s.bus, err = esl.Dial(h.ctx, s.Addr(), esl.Options{Password: "ClueCon"})
	h.must(err)
	h.t.Cleanup(func() { _ = s.bus.Close() })
	s.all = s.bus.Listen(func(*esl.Event) bool { return true })
	h.must(s.bus.Subscribe(h.ctx, "switchgram::call", "switchgram::answer"))
	h.log.await(h.ctx, "event socket is up")
}

// hears waits for a call's event.
func (s *socket) hears(action string) *esl.Event {
	s.h.t.Helper()
	for {
		e, err := s.all.Next(s.h.ctx)
		s.h.must(err)
		if e.Get("TG-Action") == action {
			return e
		}
	}
}

// commands sends a command, and returns what it is answered.
func (s *socket) commands(fields ...esl.Field) *esl.Event {
	s.h.t.Helper()
	s.h.must(s.bus.SendEvent(s.h.ctx, "CUSTOM", append(fields, esl.Field{Name: "Event-Subclass", Value: "switchgram::command"}), ""))
	for {
		e, err := s.all.Next(s.h.ctx)
		s.h.must(err)
		if e.Get("TG-Result") != "" {
			return e
		}
	}
}

// wantVariables waits until a channel has them.
func (s *socket) wantVariables(c *esltest.Channel, want map[string]string) {
	s.h.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for name, value := range want {
		for got := ""; got != value; got, _ = c.Variable(name) {
			select {
			case <-tick.C:
			case <-s.h.ctx.Done():
				s.h.t.Fatalf("variable %s is %q, want %q", name, got, value)
			}
		}
	}
}

func TestFreeSWITCHSeesACallFromTelegram(t *testing.T) {
	fs, settings := openSocket(t)
	h := build(t, plan{settings: settings + "\nmetrics: \"127.0.0.1:0\""})
	fs.enter(h)
	h.telephone("1000", 0)
	const lost = `switchgram_event_socket_events_total{result="lost"}`
	before := h.scrape()[lost] // the line may have been up before the socket
	call, err := h.person(h.ann(), nil).Dial(h.ctx, "@line_main")
	h.must(err)
	fs.hears("incoming")
	answered := fs.hears("answered")
	channel := fs.NewChannel(esltest.ChannelOptions{UUID: answered.Get("TG-Leg"), Incoming: true})

	until[tgcall.Connected](h, call)
	fs.wantVariables(channel, map[string]string{"tg_name": "Ann Ahlers", "tg_line": "main", "tg_version": call.Version()})
	h.wantScraped(scraped{
		`switchgram_event_socket_up`:                               {1, 1},
		`switchgram_event_socket_events_total{result="announced"}`: {2, 100},
		lost: {before, before},
	})
	channel.Hangup("USER_BUSY") // by the console, and SIP says nothing

	h.wantDiscarded(call, tgcall.Hangup)
	h.wantOutcome(bridge.UserBusy, "relay opus")
	if e := fs.hears("ended"); e.Get("TG-Cause") != "USER_BUSY" || e.Get("TG-Ended-By") != "callee" || e.Get("TG-Call") != answered.Get("TG-Call") {
		t.Errorf("ended: %s by %s", e.Get("TG-Cause"), e.Get("TG-Ended-By"))
	}
}

func TestProgramOnTheBusMakesACallAndEndsIt(t *testing.T) {
	fs, settings := openSocket(t)
	h := build(t, plan{settings: settings, line: `allow: ["@*"]`})
	fs.enter(h)
	desk, taken := h.telephone("1000", 0), make(chan *tgcall.Call, 1)
	h.person(h.ann(), takes(taken))
	dial := func(to string) *esl.Event {
		return fs.commands(esl.Field{Name: "TG-Command", Value: "dial"}, esl.Field{Name: "TG-Command-ID", Value: "mine"},
			esl.Field{Name: "TG-Line", Value: "main"}, esl.Field{Name: "TG-From", Value: "sip:1000"}, esl.Field{Name: "TG-To", Value: to})
	}
	if e := dial("tg:030 123456"); e.Get("TG-Result") != "refused" || e.Get("TG-Text") == "" {
		t.Errorf("a number with a space: %s", e.Get("TG-Text"))
	}
	if e := dial("tg:+4930123456"); e.Get("TG-Result") != "refused" || e.Get("TG-Text") != "TG-To: line: nothing on the list of line main allows it" {
		t.Errorf("not on the list of the line: %s", e.Get("TG-Text"))
	}

	if e := dial("tg:@ann"); e.Get("TG-Result") != "ok" || e.Get("TG-Command-ID") != "mine" {
		t.Fatalf("refused: %s", e.Get("TG-Text"))
	}

	id := fs.hears("originated")
	telephone, person := h.sipEnd(next(h, desk.taken), 650), h.telegramEnd(next(h, taken), 1050)
	talk(telephone, person)
	if id.Get("TG-Reference") != "mine" {
		t.Errorf("the call is of %q", id.Get("TG-Reference"))
	}
	if e := fs.commands(esl.Field{Name: "TG-Command", Value: "hangup"}, esl.Field{Name: "TG-Call", Value: id.Get("TG-Call")}); e.Get("TG-Result") != "ok" {
		t.Errorf("not hung up: %s", e.Get("TG-Text"))
	}
	h.wantOutcome(bridge.NormalClearing, "relay opus")
}

func TestLinesAreBackAsSoonAsFreeSWITCHIs(t *testing.T) {
	fs, settings := openSocket(t)
	h := build(t, plan{settings: settings, expires: "1h"})
	fs.enter(h)
	fs.Down()
	fs.Restart()
	h.exchange.Forget()
	h.log.await(h.ctx, "event socket is down")
	if s := h.program.EventSocket(); s.Up || s.State != "down" || s.Err == nil {
		t.Errorf("status %+v", s)
	}

	h.must(fs.Up())

	_, err := h.exchange.WaitRegistered(h.ctx, "line-main")
	h.must(err)
	h.log.await(h.ctx, "event socket is up")
	if s := h.program.EventSocket(); !s.Up || s.State != "up" {
		t.Errorf("status %+v", s)
	}
}

func TestCallsGoOnWithoutTheEventSocket(t *testing.T) {
	fs, settings := openSocket(t)
	fs.Down()
	h := build(t, plan{settings: settings})
	if s := h.program.EventSocket(); s.Up {
		t.Errorf("status %+v", s)
	}
	taken := make(chan *tgcall.Call, 1)
	h.person(h.ann(), takes(taken))
	d := h.telephone("1000", 0).dial("tg@ann")
	untilSIP[sip.Answered](h, d)
	talk(h.sipEnd(d, 650), h.telegramEnd(next(h, taken), 1050))
	h.must(d.Hangup(h.ctx, sip.Hangup{Q850: 16}))
	h.wantOutcome(bridge.NormalClearing, "relay opus")
}

func TestWrongPasswordOfTheEventSocketIsTold(t *testing.T) {
	fs, settings := openSocket(t)
	fs.Refuse(true)
	h := build(t, plan{settings: settings})
	h.log.await(h.ctx, "event socket is address refused")
	if s := h.program.EventSocket(); s.State != "address refused" {
		t.Errorf("status %+v", s)
	}
}

func TestMissingSecretOfTheEventSocketIsToldAtTheStart(t *testing.T) {
	_, err := program.New(folder(t, "telegram:", "freeswitch: {event_socket: \"127.0.0.1:8021\", password_env: NOT_SET_ANYWHERE}\ntelegram:"), program.Options{})
	if err == nil || !strings.HasSuffix(err.Error(), "c.yaml:1:60: freeswitch.password_env: environment variable NOT_SET_ANYWHERE is not set") {
		t.Errorf("got %v", err)
	}
}
