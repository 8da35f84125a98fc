package sip_test

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"switchgram/bridge/sip"
)

// recordings are calls between a FreeSWITCH 1.11 at port 5060, S, and this package at port 5070, C, as `make freeswitch-test` recorded them.
//
//go:embed testdata/replay
var recordings embed.FS

// spoken is one message of a recording.
type spoken struct {
	ours bool
	text string
	sipgo.Message
}

var speaker = regexp.MustCompile(`^--- ([CS]): \((\d+) bytes\)\n`)

func recorded(t *testing.T, name string) (all []spoken) {
	t.Helper()
	b, err := recordings.ReadFile("testdata/replay/" + name + ".sip")
	must(t, err)
	for len(b) > 0 {
		m := speaker.FindSubmatch(b)
		if m == nil {
			t.Fatalf("%s: want who speaks, not %.40q", name, b)
		}
		n, err := strconv.Atoi(string(m[2]))
		must(t, err)
		text := b[len(m[0]) : len(m[0])+n]
		parsed, err := sipgo.ParseMessage(text)
		must(t, err)
		all = append(all, spoken{ours: m[1][0] == 'C', text: string(text), Message: parsed})
		b = bytes.TrimPrefix(b[len(m[0])+n:], []byte("\n"))
	}
	return all
}

// replay is a recorded call, made again with an agent of ours.
type replay struct {
	t     *testing.T
	ctx   context.Context
	agent *sip.Agent
	wire  *wire
	dtmf  sip.DTMF
	swaps []string // what was recorded, and what it is now

	calls           <-chan *sip.Dialog
	dialog          *sip.Dialog
	did             map[string]bool // once
	seen            map[string]bool // what our side has said
	before          map[string]bool // of the recording, what has been said before its turn
	early, answered chan bool       // the dialog has told of that
	acts            sync.WaitGroup
	told            sync.WaitGroup
	events          []string // not before told is done
}

func newReplay(t *testing.T, dtmf sip.DTMF) *replay {
	t.Helper()
	r := &replay{t: t, ctx: deadline(t), dtmf: dtmf, did: map[string]bool{}, seen: map[string]bool{}, before: map[string]bool{}, early: make(chan bool, 1), answered: make(chan bool, 16)}
	r.agent, r.calls = callee(t, sip.Options{})
	r.wire = newWire(t, r.agent)
	r.swap("127.0.0.1:5070", r.agent.Addr("udp").String())
	r.swap("rport=5070", fmt.Sprintf("rport=%d", r.agent.Addr("udp").Port()))
	r.swap("127.0.0.1:5060", r.wire.addr())
	return r
}

func (r *replay) swap(then, now string) {
	if then != "" && now != "" && then != now {
		r.swaps = append(r.swaps, then, now)
	}
}

// run makes the call again, and returns what the dialog told.
func (r *replay) run(all []spoken) []string {
	r.t.Helper()
	for i, m := range all {
		if m.ours {
			r.await(all[i:])
			continue
		}
		if q, ok := m.Message.(*sipgo.Request); ok && i > 0 && q.Method != sipgo.ACK {
			next(r.t, r.answered) // FreeSWITCH took a moment, too
			if q.Method == sipgo.INVITE {
				r.settle()
			}
		}
		r.wire.send(strings.NewReplacer(r.swaps...).Replace(m.text))
		if isResponse(m.Message, sipgo.StatusSessionInProgress) { // the answer follows at once, and may overtake it
			next(r.t, r.early)
		}
	}
	r.acts.Wait()
	r.told.Wait()
	return r.events
}

func isResponse(m sipgo.Message, status int) bool {
	res, ok := m.(*sipgo.Response)
	return ok && res.StatusCode == status
}

// settle waits until our answer is known to have been acknowledged: it is sent again for half a second otherwise (RFC 3261 §13.3.1.4).
// FreeSWITCH took longer, too, until it asked for something else.
func (r *replay) settle() {
	for r.wire.read(700*time.Millisecond) != nil {
		continue
	}
}

// await waits for the first of these messages, all ours up to the next of FreeSWITCH's. What we say at once can come in any order, and again.
func (r *replay) await(rest []spoken) {
	r.t.Helper()
	want := rest[0]
	if r.before[want.text] {
		return
	}
	r.bringAbout(want)
	for {
		now := r.wire.read(patience)
		if now == nil {
			r.t.Fatalf("nothing came in place of %q", firstLine(want.text))
		}
		if r.seen[now.String()] {
			continue
		}
		r.seen[now.String()] = true
		then := want
		for i := 1; i < len(rest) && rest[i].ours && head(then.Message) != head(now); i++ {
			then = rest[i]
		}
		if head(then.Message) != head(now) {
			then = want
		}
		r.compare(then, now)
		if then.text == want.text {
			return
		}
		r.before[then.text] = true
	}
}

// bringAbout does what makes our side say the message, if it does not by itself.
func (r *replay) bringAbout(m spoken) {
	r.t.Helper()
	switch said := m.Message.(type) {
	case *sipgo.Request:
		switch said.Method {
		case sipgo.INVITE:
			r.once("dial", func() { r.dial(said) })
		case sipgo.BYE:
			next(r.t, r.answered)
			r.acts.Wait()
			r.act("hang up", func(d *sip.Dialog) error { return d.Hangup(r.ctx, sip.Hangup{}) })
		case sipgo.INFO:
			r.act("digits", func(d *sip.Dialog) error { return d.SendDTMF(r.ctx, "15#", 100*time.Millisecond) })
		}
	case *sipgo.Response:
		if said.StatusCode > 100 && said.CSeq().MethodName == sipgo.INVITE {
			r.take(said.StatusCode)
		}
	}
}

func (r *replay) once(what string, do func()) {
	if !r.did[what] {
		r.did[what] = true
		do()
	}
}

// act does something with the dialog, once, while messages come and go.
func (r *replay) act(what string, do func(*sip.Dialog) error) {
	d := r.dialog
	r.once(what, func() {
		r.acts.Go(func() {
			if err := do(d); err != nil {
				r.t.Errorf("%s: %v", what, err)
			}
		})
	})
}

func (r *replay) dial(invite *sipgo.Request) {
	r.t.Helper()
	d := dial(r.t, r.agent, sip.Invite{To: "sip:" + invite.Recipient.User + "@" + r.wire.addr(), FromUser: invite.From().Address.User,
		CallID: string(*invite.CallID()), AuthUser: "1004", Password: "secret", DTMF: r.dtmf})
	r.follow(d)
}

// take answers a call of FreeSWITCH's, step by step.
func (r *replay) take(status int) {
	r.t.Helper()
	if r.dialog == nil {
		d := next(r.t, r.calls)
		d.UseDTMF(r.dtmf)
		r.follow(d)
	}
	switch {
	case status == 180:
		r.act("ring", func(d *sip.Dialog) error { return d.Ring(r.ctx) })
	case status == 200:
		r.act("answer", func(d *sip.Dialog) error { return d.Answer(r.ctx) })
	default:
		r.act("reject", func(d *sip.Dialog) error { return d.Reject(r.ctx, sip.Hangup{Status: status}) })
	}
}

func (r *replay) follow(d *sip.Dialog) {
	r.dialog = d
	r.told.Go(func() {
		for e := range d.Events() {
			switch e.(type) {
			case sip.EarlyMedia:
				r.early <- true
			case sip.Answered:
				for range cap(r.answered) { // as often as somebody asks
					r.answered <- true
				}
			}
			r.events = append(r.events, strings.TrimPrefix(fmt.Sprintf("%T %+v", e, e), "sip."))
		}
	})
}

// compare looks whether what our side says now is what it said then, but for what is made up for every call.
func (r *replay) compare(then spoken, now sipgo.Message) {
	r.t.Helper()
	if a, b := sense(then.Message), sense(now); a != b {
		r.t.Errorf("said\n%s\nand not, as was recorded,\n%s", b, a)
	}
	for _, pair := range [][2]string{{tag(then.Message), tag(now)}, {branch(then.Message), branch(now)}} {
		r.swap(pair[0], pair[1])
	}
}

// head is what is asked or answered.
func head(m sipgo.Message) string {
	if q, ok := m.(*sipgo.Request); ok {
		return string(q.Method)
	}
	r := m.(*sipgo.Response)
	return fmt.Sprint(r.StatusCode, " to ", r.CSeq().MethodName)
}

// sense is what a message means: what is asked or answered, for how long, and which sound.
func sense(m sipgo.Message) string {
	s := head(m)
	for _, h := range m.GetHeaders("Session-Expires") {
		s += "\nfor " + h.Value()
	}
	for line := range strings.SplitSeq(string(m.Body()), "\r\n") {
		switch {
		case strings.HasPrefix(line, "m="):
			words := strings.Fields(line)
			s += "\n" + strings.Join(slices.Delete(words, 1, 2), " ")
		case strings.HasPrefix(line, "a=rtpmap:"), line == "a=sendrecv", line == "a=sendonly", line == "a=recvonly", line == "a=inactive", strings.HasPrefix(line, "Signal="):
			s += "\n" + line
		}
	}
	return s
}

// tag is ours: of a request's From, of a response's To.
func tag(m sipgo.Message) (tag string) {
	switch m := m.(type) {
	case *sipgo.Request:
		tag, _ = m.From().Params.Get("tag")
	case *sipgo.Response:
		tag, _ = m.To().Params.Get("tag")
	}
	return tag
}

// branch is ours, of a request.
func branch(m sipgo.Message) (branch string) {
	if r, ok := m.(*sipgo.Request); ok {
		branch, _ = r.Via().Params.Get("branch")
	}
	return branch
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\r\n")
	return line
}

func TestCallsRecordedWithFreeSWITCHGoAgainAsTheyWent(t *testing.T) {
	const ended = "Ended we ended"
	for name, c := range map[string]struct {
		dtmf   sip.DTMF
		events []string // their beginnings
	}{
		"gateway":              {events: []string{"Answered", ended}},
		"hold":                 {events: []string{"Answered", "Held {On:true}", "Held {On:false}", ended}},
		"media-off":            {events: []string{"Answered", ended}},
		"reneg":                {events: []string{"Answered", "FormatChanged", ended}},
		"update":               {events: []string{"Answered", ended}},
		"info-from-freeswitch": {dtmf: sip.InfoDTMF, events: []string{"Answered", "Digit {Key:49", "Digit {Key:53", "Digit {Key:35", ended}},
		"info-to-freeswitch":   {dtmf: sip.InfoDTMF, events: []string{"Answered", ended}},
		"early-media":          {events: []string{"EarlyMedia", "Answered", ended}},
		"rejected":             {events: []string{"Ended far end ended, status 603, cause 21"}},
		"redirect":             {events: []string{"Redirected", "Ended far end ended, status 302, cause 31"}},
		"refer":                {events: []string{"Answered", "TransferAsked {To:sip:1003@", ended}},
		"nobody":               {events: []string{ended + ", status 404"}},
		"session-timer":        {events: []string{"Answered", ended}}, // which FreeSWITCH refreshes after one minute and after two
		"kill":                 {events: []string{"Answered", "Ended far end ended, status 0, cause 17"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := newReplay(t, c.dtmf).run(recorded(t, name))
			if len(got) != len(c.events) {
				t.Fatalf("told %q, want %q", got, c.events)
			}
			for i, want := range c.events {
				if !strings.HasPrefix(got[i], want) {
					t.Errorf("told %s, want %s", got[i], want)
				}
			}
		})
	}
}
