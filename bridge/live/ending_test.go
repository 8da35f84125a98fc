package live_test

import (
	"testing"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/live"
)

const slowAfterwards = `{"name": "r", "context": "public", "destination_number": ["1"], "callflow": [{"setVar": "lead=7"}],
	"functions": {"beside": [{"sleep": 600000}, {"httpRequest": {"url": "TOWN/beside"}}]},
	"onDisconnect": [{"httpRequest": {"url": "TOWN/first"}}, {"execute": {"name": "beside", "async": true}},
		{"httpRequest": {"url": "TOWN/hold/${lead}", "timeout": 30000}}, {"httpRequest": {"url": "TOWN/third"}}]}`

// TestAShutdownDoesNotWaitForServersThatDoNotAnswer: what is due after a call is gone on with at the next start, at the step that ran.
func TestAShutdownDoesNotWaitForServersThatDoNotAnswer(t *testing.T) {
	w := newTown(t)
	release := w.Hold("/hold/7")
	client := newClient()
	defer client.Close()
	o := options(folderOf(t, w.URL(), slowAfterwards), client)
	o.Journal, o.Grace = t.TempDir(), time.Millisecond
	r, stop := run(t, o)
	b, err := bridge.New(bridge.Options{Default: r, Sink: r})
	must(t, err)
	b.Handle(t.Context(), newCaller(), bridge.Address{Scheme: "sip", User: "1000"})
	w.hears(t, "/first")
	cut := w.hears(t, "/hold/7")

	began := time.Now()
	stop()

	if took := time.Since(began); took > 20*time.Second { // the request alone would take 30
		t.Errorf("the end took %s", took)
	}
	release()
	o.Grace = patience
	var again *live.Router
	again, stop = run(t, o)
	if a := w.hears(t, "/hold/7"); key(a) != key(cut) || key(a) == "" {
		t.Errorf("repeated with key %q, was %q", key(a), key(cut))
	}
	w.hears(t, "/third")
	stop()
	if w.Unread() > 0 || again.Stats().Resumed != 1 {
		t.Errorf("%d more requests; %+v", w.Unread(), again.Stats())
	}
	last, stop := run(t, o)
	stop()
	if last.Stats().Resumed != 0 {
		t.Error("something was left after all was done")
	}
}

// TestAStepThatEndsTheProgramIsGivenUp: it would keep the program from ever starting again.
func TestAStepThatEndsTheProgramIsGivenUp(t *testing.T) {
	w := newTown(t)
	w.Hold("/hold")
	client := newClient()
	defer client.Close()
	script := `{"name": "r", "context": "public", "destination_number": ["1"], "callflow": [],
		"onDisconnect": [{"httpRequest": {"url": "TOWN/first"}}, {"httpRequest": {"url": "TOWN/hold", "timeout": 30000}}]}`
	o := options(folderOf(t, w.URL(), script), client)
	o.Journal, o.Grace = t.TempDir(), time.Millisecond
	r, stop := run(t, o)
	b, err := bridge.New(bridge.Options{Default: r, Sink: r})
	must(t, err)
	b.Handle(t.Context(), newCaller(), bridge.Address{Scheme: "sip", User: "1000"})
	w.hears(t, "/first")

	for range 11 { // the first time, and ten starts
		w.hears(t, "/hold")
		stop()
		r, stop = run(t, o)
	}

	stop()
	if r.Stats().Resumed != 0 || w.Unread() > 0 {
		t.Errorf("%+v, and %d more requests", r.Stats(), w.Unread())
	}
}
