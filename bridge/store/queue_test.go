package store

import (
	"context"
	"slices"
	"testing"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/notify"
)

// queueOf is a queue of two calls of two events each, and of a line, for one endpoint.
func queueOf(t *testing.T, o Options) *Store {
	t.Helper()
	o.Notify = oneEach
	s := opened(t, o)
	a, b := annCalls("a"), annCalls("b")
	for _, ev := range []bridge.Event{a.begun(), a.answered(), b.begun(), b.answered(), bridge.NewLineEvent("sales", false, bridge.Standing{Side: "sip"})} {
		if ev.Call == "" {
			ev.At = noon
		}
		s.Publish(ev)
	}
	drained(t, s)
	return s
}

func due(t *testing.T, s *Store, now time.Time) (kinds []string, next time.Time, all []notify.Delivery) {
	t.Helper()
	all, next, err := s.Due(context.Background(), "crm", now, 10)
	must(t, err)
	for _, d := range all {
		kinds = append(kinds, string(d.Call)+" "+string(d.Kind))
	}
	return kinds, next, all
}

func TestOfEachCallOneNotificationIsDueAtATime(t *testing.T) {
	eachEngine(t, func(t *testing.T, o Options) {
		s := queueOf(t, o)
		now := noon.Add(time.Hour)
		if got, _, _ := due(t, s, noon.Add(-time.Hour)); got != nil {
			t.Errorf("due before it happened: %v", got)
		}

		got, next, all := due(t, s, now)
		if want := []string{"a call.incoming", "b call.incoming", " line.down"}; !slices.Equal(got, want) || !next.IsZero() {
			t.Fatalf("due %q, next %v; want %q", got, next, want)
		}
		must(t, s.Settle(context.Background(), []notify.Result{
			{Seq: all[0].Seq, State: notify.Delivered, Attempts: 1, First: now},
			{Seq: all[1].Seq, State: notify.Waiting, Attempts: 1, First: now, Next: now.Add(time.Minute), Status: 500, Err: "500"},
			{Seq: all[2].Seq, State: notify.Dead, Attempts: 9, First: now},
		}))

		got, next, _ = due(t, s, now)
		if want := []string{"a call.answered"}; !slices.Equal(got, want) || !next.Equal(now.Add(time.Minute)) {
			t.Errorf("due %q, next %v; want %q, and the second try a minute later", got, next, want)
		}
		got, _, _ = due(t, s, now.Add(time.Minute))
		if want := []string{"a call.answered", "b call.incoming"}; !slices.Equal(got, want) {
			t.Errorf("due a minute later %q, want %q", got, want)
		}
	})
}

func TestWhatWaitsForAnotherIsTriedWhenThatIs(t *testing.T) {
	eachEngine(t, func(t *testing.T, o Options) {
		s := queueOf(t, o)
		now, again := noon.Add(time.Hour), noon.Add(2*time.Hour)
		_, _, all := due(t, s, now)
		must(t, s.Settle(context.Background(), []notify.Result{{Seq: all[0].Seq, State: notify.Waiting, Attempts: 1, First: now, Next: again, Status: 500}}))

		waiting, err := s.List(context.Background(), notify.Filter{Call: "a"})
		must(t, err)
		for _, d := range waiting {
			if !d.Next.Equal(again) {
				t.Errorf("%s is due at %v, want %v", d.Kind, d.Next, again)
			}
		}
		got, _, all := due(t, s, again)
		if want := []string{"b call.incoming", " line.down", "a call.incoming"}; !slices.Equal(got, want) {
			t.Fatalf("due %q, want %q", got, want)
		}
		must(t, s.Settle(context.Background(), []notify.Result{{Seq: all[2].Seq, State: notify.Delivered, Attempts: 2, First: now}}))
		got, _, _ = due(t, s, again)
		if want := []string{"b call.incoming", " line.down", "a call.answered"}; !slices.Equal(got, want) {
			t.Errorf("due %q, want %q", got, want)
		}
	})
}

func TestWhatWasGivenUpIsListedAndReplayed(t *testing.T) {
	eachEngine(t, func(t *testing.T, o Options) {
		s := queueOf(t, o)
		now := noon.Add(time.Hour)
		_, _, all := due(t, s, now)
		must(t, s.Settle(context.Background(), []notify.Result{{Seq: all[0].Seq, State: notify.Dead, Attempts: 9, First: now, Status: 410, Err: "gone"}}))

		dead, err := s.List(context.Background(), notify.Filter{State: notify.Dead, Endpoint: "crm"})
		must(t, err)
		if len(dead) != 1 || dead[0].ID != all[0].ID || dead[0].Err != "gone" || dead[0].Status != 410 || string(dead[0].Event) != "call.incoming" {
			t.Fatalf("dead: %+v", dead)
		}
		n, err := s.Replay(context.Background(), notify.Filter{ID: dead[0].ID}, now)
		must(t, err)
		if n != 1 {
			t.Errorf("%d replayed, want 1", n)
		}
		again, err := s.List(context.Background(), notify.Filter{Call: "a", Limit: 2})
		must(t, err)
		if len(again) != 2 || again[0].State != notify.Waiting || again[0].Attempts != 0 || again[0].Seq != all[0].Seq {
			t.Errorf("after the replay: %+v", again)
		}
	})
}

func TestDeliveredNotificationsAreForgotten(t *testing.T) {
	eachEngine(t, func(t *testing.T, o Options) {
		s := queueOf(t, o)
		_, _, all := due(t, s, noon.Add(time.Hour))
		must(t, s.Settle(context.Background(), []notify.Result{{Seq: all[0].Seq, State: notify.Delivered}}))

		must(t, s.forgetNotifications(context.Background(), noon.Add(6*24*time.Hour)))
		if n := count(t, s, "SELECT count(*) FROM notifications"); n != 5 {
			t.Errorf("%d after six days, want all 5", n)
		}
		must(t, s.forgetNotifications(context.Background(), noon.Add(8*24*time.Hour)))
		if n := count(t, s, "SELECT count(*) FROM notifications"); n != 4 {
			t.Errorf("%d after eight days, want the 4 that wait", n)
		}
	})
}
