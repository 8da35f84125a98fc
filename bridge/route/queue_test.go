package route_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"switchgram/bridge/route"
	"switchgram/bridge/route/rehearsal"
)

// hall is a call whose queue lets the caller wait until an agent comes, or the caller leaves.
type hall struct {
	*rehearsal.Stage
	agent time.Duration
	left  chan struct{}
}

func (h *hall) Wait(ctx context.Context, w route.Waiting) (route.Waited, error) {
	ctx, enough := context.WithCancel(ctx)
	var meanwhile sync.WaitGroup
	defer meanwhile.Wait()
	defer enough()
	meanwhile.Go(func() { w.Meanwhile(ctx) })
	select {
	case <-time.After(h.agent):
		enough()
		w.Bridged()
		time.Sleep(time.Hour) // they talk
		return route.Waited{Answered: true, Result: "answered", Agent: "7"}, nil
	case <-h.left:
		return route.Waited{Result: "cancel"}, nil
	}
}

func (h *hall) LeaveQueue(context.Context) error {
	close(h.left)
	return nil
}

// wait runs a script with a queue whose agent comes after so long, and returns what was done to the caller.
func wait(t *testing.T, agent time.Duration, steps string) (played []string, s *route.State) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		h := &hall{Stage: rehearsal.New(t.Output()), agent: agent, left: make(chan struct{})}
		o := h.Options(&route.Library{Scripts: []*route.Script{parse(t, "x.json", scriptOf(steps))}}, tuesday)
		o.Dry, o.Now = false, time.Now
		e := route.NewEngine(o)
		var err error
		if s, err = e.Begin(h, route.Arrival{Context: route.Default, Number: "1"}); err != nil {
			t.Fatal(err)
		}
		e.Run(t.Context(), h, s)
		e.Wait()
		for _, line := range h.Done() {
			if strings.HasPrefix(line, "play ") || strings.HasPrefix(line, "log ") {
				played = append(played, line)
			}
		}
	})
	return played, s
}

func scriptOf(steps string) string {
	return `{"name": "x", "context": "default", "destination_number": "1", "callflow": [` + steps + `]}`
}

func TestCallerWhoWaitsHearsWhatTheTimersSay(t *testing.T) {
	got, _ := wait(t, 100*time.Second, `{"answer": ""}, {"queue": {"name": "support", "waiting": [{"log": "first"}],
		"timer": {"interval": 40, "actions": [{"log": "always"}]}, "timers": [{"interval": 10, "offset": 20, "tries": 2, "actions": [{"log": "twice"}]}],
		"bridged": [{"log": "taken"}]}}, {"log": "never"}`)
	want := []string{"log info: first", "log info: twice", "log info: always", "log info: twice", "log info: always", "log info: taken"}
	slices.Sort(got[2:4]) // both are due after 40 seconds
	slices.Sort(want[2:4])
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

func TestCallerIsTakenOutOfTheQueueByATimer(t *testing.T) {
	got, s := wait(t, time.Hour, `{"answer": ""}, {"queue": {"name": "support", "timers": [{"interval": 30, "actions": [{"cancelQueue": {}}]}]}}, {"log": "${cc_result}"}`)
	if want := []string{"log info: cancel"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q; %v", got, want, s.Variables["last_error"])
	}
}

func TestStepsOfATimerCannotLeaveIt(t *testing.T) {
	for _, jump := range []string{`{"goto": "end"}`, `{"goto": "default:1"}`} {
		got, s := wait(t, 50*time.Second, `{"answer": ""}, {"queue": {"name": "support", "timers": [{"interval": 30, "actions": [`+jump+`, {"log": "stays"}]}]}}, {"tag": "end", "log": "end"}`)
		if want := []string{"log info: stays"}; !slices.Equal(got, want) || s.Variables["last_error"].Value == "" {
			t.Errorf("%s: %q, want %q; %v", jump, got, want, s.Variables["last_error"])
		}
	}
}

func TestAScriptGoesOnBehindAQueueIfItSaysSo(t *testing.T) {
	for how, want := range map[string][]string{
		`"priority": 0`:                     nil,
		`"continueOnAnswered": true`:        {"log info: on", "log info: end"},
		`"transferAfterBridge": "end"`:      {"log info: end"},
		`"transferAfterBridge": "${where}"`: {"log info: end"},
	} {
		got, _ := wait(t, time.Second, `{"answer": ""}, {"setVar": "where=end"}, {"queue": {"name": "support", `+how+`}}, {"log": "on"}, {"tag": "end", "log": "end"}`)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", how, got, want)
		}
	}
	got, _ := wait(t, time.Hour, `{"answer": ""}, {"queue": {"name": "support", "transferAfterBridge": "end", "timers": [{"interval": 30, "actions": [{"cancelQueue": {}}]}]}}, {"log": "on"}, {"tag": "end", "log": "end"}`)
	if want := []string{"log info: on", "log info: end"}; !slices.Equal(got, want) {
		t.Errorf("whom no agent has taken: %q, want %q", got, want)
	}
}
