package eventsocket

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"switchgram/bridge"
	"switchgram/bridge/media"
	"switchgram/esl"
	"switchgram/esl/esltest"
)

// fakeCalls notes what it is asked for, and dials telephones that the test plays.
type fakeCalls struct {
	mu    sync.Mutex
	asked []string
	began chan bridge.Origin
	rings chan *fakeLeg
	joins chan bridge.Role
}

func newCalls() *fakeCalls {
	return &fakeCalls{began: make(chan bridge.Origin, 10), rings: make(chan *fakeLeg, 10), joins: make(chan bridge.Role, 10)}
}

func (f *fakeCalls) note(words ...string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, strings.Join(words, " "))
	return nil
}

func (f *fakeCalls) notes() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.asked)
}

func (*fakeCalls) Calls() []bridge.CallStatus {
	return []bridge.CallStatus{{ID: "5f-1", Line: "main", Legs: []bridge.LegStatus{{ID: "tg-4711", Address: annTG, Party: ann}, {ID: "c", Address: sip1000}}}}
}

func (f *fakeCalls) Originate(_ context.Context, o bridge.Origin) bridge.Outcome {
	f.began <- o
	return bridge.Outcome{}
}

func (f *fakeCalls) Hangup(_ context.Context, id bridge.CallID, c bridge.Cause) error {
	return f.note("hangup", string(id), c.String())
}

func (f *fakeCalls) HangupLeg(_ context.Context, leg bridge.LegID, c bridge.Cause) error {
	return f.note("hangup leg", string(leg), c.String())
}

func (f *fakeCalls) Move(_ context.Context, leg bridge.LegID, to bridge.CallID) error {
	return f.note("move", string(leg), string(to))
}

func (f *fakeCalls) Transfer(_ context.Context, leg bridge.LegID, to bridge.Address) error {
	return f.note("transfer", string(leg), to.String())
}

func (f *fakeCalls) Join(_ context.Context, id bridge.CallID, l bridge.Leg, as bridge.Role) error {
	f.joins <- as
	return f.note("join", string(id), string(l.ID()))
}

func (f *fakeCalls) Dial(_ context.Context, to bridge.Address, o bridge.DialOptions) (bridge.Leg, error) {
	if to.User == "nobody" {
		return nil, errors.New("nobody there")
	}
	l := &fakeLeg{to: to, options: o, events: make(chan bridge.LegEvent, 10)}
	f.rings <- l
	return l, nil
}

type fakeLeg struct {
	to      bridge.Address
	options bridge.DialOptions
	events  chan bridge.LegEvent
}

func (l *fakeLeg) ID() bridge.LegID               { return "leg-of-" + bridge.LegID(l.to.User) }
func (l *fakeLeg) Address() bridge.Address        { return l.to }
func (*fakeLeg) Party() bridge.Party              { return bridge.Party{} }
func (l *fakeLeg) Events() <-chan bridge.LegEvent { return l.events }
func (*fakeLeg) Answer(context.Context) error     { return nil }
func (*fakeLeg) Media() media.Stream              { return nil }

func (l *fakeLeg) Hangup(_ context.Context, c bridge.Cause) error {
	l.events <- bridge.Ended{Cause: c}
	close(l.events)
	return nil
}

// command sends a command as another program does, and returns the answer.
func (h *house) command(fields ...string) *esl.Event {
	h.t.Helper()
	headers := []esltest.Header{{Name: "Event-Subclass", Value: commandSubclass}}
	for i := 0; i < len(fields); i += 2 {
		headers = append(headers, esltest.Header{Name: fields[i], Value: fields[i+1]})
	}
	h.fs.FireNamed("CUSTOM", headers...)
	return h.heard()
}

func TestOtherProgramHasUsCall(t *testing.T) {
	h := build(t)
	wantFields(t, h.command("TG-Command", "dial", "TG-Command-ID", "7", "TG-Line", "main", "TG-From", "sip:1000", "TG-To", "tg:@bob"), map[string]string{
		"Event-Subclass": "switchgram::answer", "TG-Command": "dial", "TG-Command-ID": "7", "TG-Result": "ok", "TG-Text": "",
	})
	want := bridge.Origin{Line: "main", First: sip1000, Second: bridge.Address{Scheme: "tg", User: "@bob"}, Reference: "7"}
	if got := next(h, h.calls.began); got != want {
		t.Errorf("began %+v", got)
	}
}

func TestOtherProgramHangsUp(t *testing.T) {
	h := build(t)
	c, _ := h.follow("c", "5f-1")
	h.fs.NewChannel(esltest.ChannelOptions{UUID: "uuid-of-c", Variables: []esltest.Header{{Name: "sip_call_id", Value: "c"}}})
	h.until("it is found", func() bool { return c.UUID() != "" })
	for _, words := range [][]string{
		{"TG-Call", "5f-1"}, {"TG-Channel", "uuid-of-c", "TG-Cause", "user_busy"}, {"TG-Leg", "tg-4711", "TG-Cause", "CALL_REJECTED"},
	} {
		wantFields(t, h.command(append(words, "TG-Command", "hangup", "Event-UUID", "of the event")...), map[string]string{
			"TG-Result": "ok", "TG-Command-ID": "of the event",
		})
	}
	if got, want := h.calls.notes(), []string{"hangup 5f-1 NORMAL_CLEARING", "hangup 5f-1 USER_BUSY", "hangup leg tg-4711 CALL_REJECTED"}; !slices.Equal(got, want) {
		t.Errorf("asked for %q", got)
	}
}

func TestOtherProgramTransfers(t *testing.T) {
	h := build(t)
	h.Publish(fromTelegram(bridge.CallIncoming))
	h.heard()
	c, _ := h.follow("c", "5f-1")
	h.fs.NewChannel(esltest.ChannelOptions{UUID: "c"})
	h.until("it is found", func() bool { return c.UUID() != "" })

	wantFields(t, h.command("TG-Command", "transfer", "TG-Call", "5f-1", "TG-To", "sip:2000"), map[string]string{"TG-Result": "ok"})
	if !slices.Contains(h.fs.Received(), "api uuid_transfer c 2000") {
		t.Errorf("FreeSWITCH was told %q", h.fs.Received())
	}
	wantFields(t, h.command("TG-Command", "transfer", "TG-Leg", "tg-4711", "TG-Into", "5f-9"), map[string]string{"TG-Result": "ok"})
	wantFields(t, h.command("TG-Command", "transfer", "TG-Leg", "tg-4711", "TG-To", "tg:@bob"), map[string]string{"TG-Result": "ok"})
	if got := h.calls.notes(); !slices.Equal(got, []string{"move tg-4711 5f-9", "transfer c tg:@bob"}) {
		t.Errorf("asked for %q", got)
	}
}

func TestOtherProgramHasSomebodyJoin(t *testing.T) {
	h := build(t)
	wantFields(t, h.command("TG-Command", "join", "TG-Call", "5f-1", "TG-To", "sip:1001", "TG-Role", "listen"), map[string]string{"TG-Result": "ok"})
	phone := next(h, h.calls.rings)
	if phone.options.From.ID != 77 || phone.options.Line != "main" || phone.options.Call != "5f-1" {
		t.Errorf("dialled with %+v", phone.options)
	}
	phone.events <- bridge.Ringing{}
	select {
	case <-h.calls.joins:
		t.Fatal("it is in the call before it has answered")
	default:
	}
	phone.events <- bridge.Answered{}
	if as := next(h, h.calls.joins); as != bridge.Listen {
		t.Errorf("joins to %s", as)
	}
}

func TestWhoDoesNotAnswerDoesNotJoin(t *testing.T) {
	h := build(t)
	for _, to := range []string{"sip:nobody", "sip:busy", "sip:asleep"} {
		wantFields(t, h.command("TG-Command", "join", "TG-Call", "5f-1", "TG-To", to), map[string]string{"TG-Result": "ok"})
	}
	for range 2 {
		if phone := next(h, h.calls.rings); phone.to.User == "busy" {
			phone.events <- bridge.Ended{Cause: bridge.UserBusy}
			close(phone.events)
		}
	}
	h.end() // which the one that still rings does not hold up
	if got := h.calls.notes(); len(got) > 0 {
		t.Errorf("asked for %q", got)
	}
}

func TestCommandIsRefusedInClearWords(t *testing.T) {
	h := build(t)
	for want, words := range map[string][]string{
		`TG-Command "explode": want dial, hangup, transfer or join`:     {"TG-Command", "explode"},
		"TG-From is missing: whom to call, such as sip:1000 or tg:@ann": {"TG-Command", "dial", "TG-Line", "main"},
		"TG-From: no such line":                                       {"TG-Command", "dial", "TG-Line", "other", "TG-From", "sip:1000"},
		"TG-To: not allowed":                                          {"TG-Command", "dial", "TG-Line", "main", "TG-From", "sip:1000", "TG-To", "tg:@forbidden"},
		"which call? Want TG-Call, TG-Channel or TG-Leg":              {"TG-Command", "hangup"},
		"bridge: no such call":                                        {"TG-Command", "hangup", "TG-Call", "5f-2"},
		`TG-Cause: cause "SULK": not one of FreeSWITCH's names`:       {"TG-Command", "hangup", "TG-Call", "5f-1", "TG-Cause", "SULK"},
		"TG-To is missing: whom to call, such as sip:1000 or tg:@ann": {"TG-Command", "transfer", "TG-Call", "5f-1"},
		"the call has not just one channel at FreeSWITCH":             {"TG-Command", "transfer", "TG-Call", "5f-1", "TG-To", "sip:2000"},
		`TG-Role "shout": want talk, listen or whisper`:               {"TG-Command", "join", "TG-Call", "5f-1", "TG-To", "sip:1", "TG-Role", "shout"},
		"TG-To: nobody can call fax:1":                                {"TG-Command", "join", "TG-Call", "5f-1", "TG-To", "fax:1"},
	} {
		wantFields(t, h.command(words...), map[string]string{"TG-Result": "refused", "TG-Text": want})
	}
	if st := h.Stats(); st.Commands != 11 || st.Refused != 11 {
		t.Errorf("counted %+v", st)
	}
}

// TestFloodOfCommands: more than can be carried out are refused, and the bus stays of use.
func TestFloodOfCommands(t *testing.T) {
	h := build(t)
	const many = 3000
	for range many {
		h.fs.FireNamed("CUSTOM", esltest.Header{Name: "Event-Subclass", Value: commandSubclass}, esltest.Header{Name: "TG-Command", Value: "explode"})
	}
	h.until("calm", func() bool {
		h.fs.FireNamed("CUSTOM", esltest.Header{Name: "Event-Subclass", Value: commandSubclass}, esltest.Header{Name: "TG-Command", Value: "hangup"}, esltest.Header{Name: "TG-Call", Value: "5f-1"})
		return len(h.calls.notes()) > 0
	})
}
