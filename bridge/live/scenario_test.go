package live_test

import (
	"context"
	"path/filepath"
	"testing"

	"switchgram/bridge"
	"switchgram/bridge/live"
	"switchgram/bridge/route"
	"switchgram/bridge/route/folder"
	"switchgram/bridge/sound"
	"switchgram/esl/esltest"
)

// examples are the routes of the documents, whose calls are for a number.
func examples(t *testing.T, context, number string) live.Options {
	t.Helper()
	f, err := folder.Open("../../docs/routes", folder.Options{Lenient: true})
	must(t, err)
	o := options(f, nil)
	o.Scripts.HTTP = nil
	o.Arrival = func(c *bridge.Call) (route.Arrival, bool) { return live.ArrivalOf(c, context, "", number), true }
	return o
}

// speaker says everything in a moment, and that it does.
type speaker struct {
	path string
	said chan string
}

func newSpeaker(t *testing.T) *speaker {
	t.Helper()
	s := &speaker{filepath.Join(t.TempDir(), "speech.wav"), make(chan string, 8)}
	f, err := sound.CreateWAV(s.path, 8000)
	must(t, err)
	f.Write(make([]int16, 160))
	must(t, f.Close())
	return s
}

// Speak implements route.Speaker.
func (s *speaker) Speak(_ context.Context, p route.Speech) (string, error) {
	s.said <- p.Text
	return s.path, nil
}

// history is what is remembered of calls.
type history string

// Search implements route.Records.
func (h history) Search(context.Context, route.Search) ([]byte, error) { return []byte(h), nil }

// calls has somebody call, and returns how that ended and what was told of it.
func (d *desk) calls(ann *caller) (bridge.Outcome, *events) {
	d.t.Helper()
	seen := &events{Sink: d.router, talks: d.talks}
	b, err := bridge.New(bridge.Options{Default: d.router, Sink: seen, Dialers: map[string]bridge.Dialer{"sip": d}})
	must(d.t, err)
	return b.Handle(d.t.Context(), ann, bridge.Address{Scheme: "sip", User: "1000"}), seen
}

// TestScenarioSpokenMenuLeadsToAConference: the caller hears the menu on Telegram, presses 2, and goes to FreeSWITCH for the conference.
func TestScenarioSpokenMenuLeadsToAConference(t *testing.T) {
	voice, o := newSpeaker(t), examples(t, route.Default, "500")
	o.Scripts.Speaker, o.Made = voice, []string{filepath.Dir(voice.path)}
	d := deskOf(t, o)
	d.app("conference", func(*esltest.Channel) { <-d.talks })
	ann := newCaller()
	go func() {
		<-voice.said
		ann.events <- bridge.Digit{Key: '2'}
	}()

	out, seen := d.calls(ann)

	d.wantRan("conference daily_fs.example@default")
	if !out.Times.Answered() || seen.only(bridge.CallMissed) != nil || seen.only(bridge.CallAnswered).Address.User != "daily" {
		t.Errorf("ended %+v, answered %+v", out, seen.only(bridge.CallAnswered))
	}
	if len(voice.said) != 1 {
		t.Errorf("the menu was heard %d more times", len(voice.said))
	}
}

// TestScenarioReturningCallerWaitsInTheQueue: whom the caller knows does not answer, and an agent of FreeSWITCH's queue does.
func TestScenarioReturningCallerWaitsInTheQueue(t *testing.T) {
	for name, c := range map[string]struct {
		history  history
		rung     int // whom the caller knows, and FreeSWITCH
		answered bool
	}{
		"who was served before": {`{"hits": [{"bridged_to": "204", "start": "2026-11-20T10:00:00Z"}]}`, 2, true},
		"who never called":      {`{"hits": []}`, 1, true},
		"and gives up":          {`{"hits": []}`, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			o := examples(t, route.Public, "380445550400")
			o.Scripts.Records = c.history
			d := deskOf(t, o)
			d.app("callcenter", func(ch *esltest.Channel) {
				if !c.answered {
					ch.SetVariable("cc_cause", "cancel")
					ch.Hangup("ORIGINATOR_CANCEL")
					return
				}
				d.answers(ch) // as mod_callcenter does
				ch.Fire("CHANNEL_BRIDGE", esltest.Header{Name: "Other-Leg-Unique-ID", Value: "b-leg"}, esltest.Header{Name: "Other-Leg-Destination-Number", Value: "205"})
				<-d.talks
				ch.SetVariable("cc_cause", "answered")
				ch.SetVariable("cc_agent", "205@fs.example")
				ch.Fire("CHANNEL_UNBRIDGE")
			})

			out, seen := d.calls(newCaller())

			d.wantRan("callcenter support@fs.example")
			if (seen.only(bridge.CallMissed) == nil) != c.answered || out.Times.Answered() != c.answered {
				t.Errorf("missed %v, outcome %+v", seen.only(bridge.CallMissed), out.Times)
			}
			if answered := seen.only(bridge.CallAnswered); c.answered && answered.Address.User != "205" {
				t.Errorf("answered by %s", answered.Address)
			}
			if got := len(out.Legs) - 1; got != c.rung {
				t.Errorf("%d were rung, want %d", got, c.rung)
			}
		})
	}
}
