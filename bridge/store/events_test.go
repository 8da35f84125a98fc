package store

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/notify"
	"switchgram/bridge/recording"
	"switchgram/bridge/stream"
)

func after(t *testing.T, s *Store, id int64, limit int) []stream.Entry {
	t.Helper()
	all, err := s.EventsAfter(context.Background(), id, limit)
	must(t, err)
	return all
}

func kindsOf(all []stream.Entry) (kinds []bridge.EventKind) {
	for _, e := range all {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

func TestEventsAreKeptInTheirOrderAsOthersSeeThem(t *testing.T) {
	eachEngine(t, func(t *testing.T, o Options) {
		told := 0
		o.KeepEvents, o.Kept = time.Hour, func() { told++ }
		s := opened(t, o)
		call := annCalls("1")
		call.publish(s)
		s.Publish(bridge.NewLineEvent("sales", false, bridge.Standing{Side: "sip"}))
		drained(t, s)

		all := after(t, s, 0, 10)

		want := []bridge.EventKind{bridge.CallIncoming, bridge.CallRinging, bridge.CallAnswered, bridge.CallEnded, bridge.LineDown}
		if got := kindsOf(all); !slices.Equal(got, want) || all[0].Line != "sales" || told != 1 {
			t.Fatalf("kept %v, of line %q; told %d times", got, all[0].Line, told)
		}
		text, err := call.ended().MarshalJSON()
		must(t, err)
		if !bytes.Equal(all[3].JSON, text) {
			t.Errorf("kept %s, want %s", all[3].JSON, text)
		}
		if got := after(t, s, all[1].ID, 2); !slices.Equal(kindsOf(got), want[2:4]) {
			t.Errorf("after the second came %v", kindsOf(got))
		}
		first, last, err := s.EventsKept(context.Background())
		must(t, err)
		if first != all[0].ID || last != all[4].ID {
			t.Errorf("kept are %d to %d, want %d to %d", first, last, all[0].ID, all[4].ID)
		}
	})
}

// TestARecordingIsToldOfOnce: who finishes it tells of it before its spool is gone, and once more after a crash in between.
func TestARecordingIsToldOfOnce(t *testing.T) {
	eachEngine(t, func(t *testing.T, o Options) {
		var told []bridge.EventKind
		o.KeepEvents = time.Hour
		o.Notify = func(ev bridge.Event) []notify.Notification {
			told = append(told, ev.Kind)
			return nil
		}
		s := open(t, o)
		annCalls("1").publish(s)
		ready := recording.Info{ID: "r", Call: "1", Line: "sales", Place: "/r.ogg", Size: 77}
		s.Publish(bridge.NewRecordingReady(ready))
		drained(t, s)
		must(t, s.Close())

		s = opened(t, o)
		s.Publish(bridge.NewRecordingReady(ready))
		s.Publish(bridge.NewRecordingReady(recording.Info{ID: "r2", Call: "1", Line: "sales", Place: "/r2.ogg", Size: 78}))
		drained(t, s)

		want := []bridge.EventKind{bridge.CallIncoming, bridge.CallRinging, bridge.CallAnswered, bridge.CallEnded, bridge.RecordingReady, bridge.RecordingReady}
		if kept := kindsOf(after(t, s, 0, 10)); !slices.Equal(told, want) || !slices.Equal(kept, want) {
			t.Errorf("told %v, kept %v", told, kept)
		}
	})
}

func TestEventsThatNobodyWantsAreNotKept(t *testing.T) {
	s := opened(t, Options{DSN: newFile(t), Journal: t.TempDir()})
	annCalls("1").publish(s)
	drained(t, s)
	if first, last, err := s.EventsKept(context.Background()); first != 0 || last != 0 || err != nil {
		t.Errorf("kept %d to %d, %v", first, last, err)
	}
}

func TestOfWhomIsErasedEventsKeepTheirPlaceOnly(t *testing.T) {
	eachEngine(t, func(t *testing.T, o Options) {
		o.KeepEvents = time.Hour
		s := opened(t, o)
		annCalls("1").publish(s)
		s.Publish(bridge.NewLineEvent("sales", false, bridge.Standing{Side: "sip"}))
		drained(t, s)

		_, err := s.Erase(context.Background(), "@ann_k")
		must(t, err)

		all := after(t, s, 0, 10)
		for i, e := range all {
			if (len(e.JSON) == 0) != (i < 4) {
				t.Errorf("%s: %d bytes are left", e.Kind, len(e.JSON))
			}
		}
		if n := count(t, s, "SELECT count(*) FROM events WHERE numbers LIKE '%ann%'"); len(all) != 5 || n != 0 {
			t.Errorf("%d events, %d with the name", len(all), n)
		}
	})
}

func TestEventsAreForgottenButTheLastIsNot(t *testing.T) {
	eachEngine(t, func(t *testing.T, o Options) {
		o.KeepEvents = time.Hour
		s := opened(t, o)
		annCalls("1").publish(s) // from noon to 12:01:35
		drained(t, s)
		for _, c := range []struct {
			later time.Duration
			want  int
		}{{30 * time.Minute, 4}, {2 * time.Hour, 1}} {
			must(t, s.forgetEvents(context.Background(), noon.Add(c.later)))
			if got := len(after(t, s, 0, 10)); got != c.want {
				t.Errorf("%v later %d are left, want %d", c.later, got, c.want)
			}
		}
	})
}

// Who reads while several machines write sees each event once, and none before another that was not there yet.
func TestSeveralMachinesWriteEventsInOneOrder(t *testing.T) {
	dsn := newDatabase(t)
	const machines, each = 4, 30
	var writing sync.WaitGroup
	for m := range machines {
		s := opened(t, Options{DSN: dsn, Journal: filepath.Join(t.TempDir(), "journal"), KeepEvents: time.Hour})
		writing.Go(func() {
			for i := range each {
				s.Publish(annCalls(fmt.Sprint(m, "-", i)).begun())
				if err := s.drain(context.Background()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	reader, seen, last := opened(t, Options{DSN: dsn}), 0, int64(0)
	eventually(t, "all events are seen", func() bool {
		for _, e := range after(t, reader, last, 7) {
			seen, last = seen+1, e.ID
		}
		return seen == machines*each
	})
	writing.Wait()
}
