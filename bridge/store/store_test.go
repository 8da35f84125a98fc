package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/recording"
)

func TestACallIsRememberedAsItWas(t *testing.T) {
	eachEngine(t, func(t *testing.T, o Options) {
		s := opened(t, o)
		call := annCalls("1")
		call.publish(s)
		drained(t, s)

		r, err := s.Call(context.Background(), "1")

		must(t, err)
		if r.Direction != bridge.Inward || r.AnsweredBy != "sip:1000" || r.Cause != "NORMAL_CLEARING" || r.EndedBy != "caller" || r.Missed {
			t.Errorf("record %+v", r)
		}
		if r.Caller != (bridge.Person{Number: "+4930123456", Name: "Анна Ковалёва", Username: "ann_k", ID: 777}) {
			t.Errorf("caller %+v", r.Caller)
		}
		if r.talk() != 90*time.Second || !r.Times.Started.Equal(noon) {
			t.Errorf("times %+v", r.Times)
		}
		if len(r.Legs) != 2 || r.Legs[0].Quality.RTT != bridge.Millis(41250*time.Microsecond) || !r.Legs[0].Remote {
			t.Errorf("legs %+v", r.Legs)
		}
		if len(r.Moments) != 4 {
			t.Errorf("moments %+v", r.Moments)
		}
	})
}

func TestACallIsThereWhileItRuns(t *testing.T) {
	eachEngine(t, func(t *testing.T, o Options) {
		s := opened(t, o)
		s.Publish(annCalls("1").begun())
		drained(t, s)

		p, err := s.Search(context.Background(), Query{Running: Yes})

		must(t, err)
		if len(p.Calls) != 1 || p.Calls[0].Cause != "" {
			t.Errorf("running calls: %+v", p.Calls)
		}
	})
}

func TestACallThatNobodyAnsweredIsMissed(t *testing.T) {
	eachEngine(t, func(t *testing.T, o Options) {
		s := opened(t, o)
		call := annCalls("1")
		call.talk, call.cause = 0, bridge.NoAnswer
		call.publish(s)
		drained(t, s)

		p, err := s.Search(context.Background(), Query{Missed: Yes, Answered: No, Causes: []bridge.Cause{bridge.NoAnswer}})

		must(t, err)
		if len(p.Calls) != 1 {
			t.Errorf("%d missed calls, want 1", len(p.Calls))
		}
	})
}

func TestACallWhileTheLineWasAwayIsMissedAndOver(t *testing.T) {
	s := opened(t, Options{DSN: newFile(t), Journal: t.TempDir()})
	call := annCalls("1")
	s.Publish(bridge.NewMissed("1", "sales", call.from, call.caller, call.to, noon))
	drained(t, s)

	r, err := s.Call(context.Background(), "1")

	must(t, err)
	if !r.Missed || !r.Times.Started.Equal(noon) || !r.Times.Ended.Equal(noon) {
		t.Errorf("record %+v", r)
	}
}

func TestTheProcessWasKilledInTheCall(t *testing.T) {
	eachEngine(t, func(t *testing.T, o Options) {
		o.Notify = oneEach
		s := open(t, o)
		s.Publish(annCalls("waiting").begun())
		talking := annCalls("talking")
		s.Publish(talking.begun())
		s.Publish(talking.answered())
		must(t, s.Close()) // and nobody has told how they ended

		s = opened(t, o)
		drained(t, s)

		for id, missed := range map[bridge.CallID]bool{"waiting": true, "talking": false} {
			r, err := s.Call(context.Background(), id)
			must(t, err)
			if r.Times.Ended.IsZero() || r.Missed != missed || r.Fault != "us" || r.Error == "" {
				t.Errorf("call %s: %+v", id, r)
			}
		}
		if n := count(t, s, "SELECT count(*) FROM notifications WHERE kind = 'call.missed'"); n != 1 {
			t.Errorf("%d notifications of a missed call, want 1", n)
		}
	})
}

func TestARecordingIsAddedWhenItIsReady(t *testing.T) {
	eachEngine(t, func(t *testing.T, o Options) {
		s := opened(t, o)
		call := annCalls("1")
		call.publish(s)
		s.Publish(bridge.NewRecordingReady(recording.Info{ID: "r", Call: "1", Line: "sales", Place: "/r.ogg", Size: 77}))
		s.Publish(bridge.NewRecordingReady(recording.Info{ID: "x", Call: "of nobody"}))
		drained(t, s)

		p, err := s.Search(context.Background(), Query{Recorded: Yes})

		must(t, err)
		if len(p.Calls) != 1 || len(p.Calls[0].Recordings) != 1 || p.Calls[0].Recordings[0].Size != 77 {
			t.Errorf("calls %+v", p.Calls)
		}
	})
}

func TestHostileTextsAreKeptAsTexts(t *testing.T) {
	eachEngine(t, func(t *testing.T, o Options) {
		s := opened(t, o)
		call := annCalls("1'; DROP TABLE calls; --")
		call.caller.FirstName = "nul \x00 bad \xff\xfe %_ \" NEAR( ' \u202e"
		call.line = "a' OR '1'='1"
		call.publish(s)
		drained(t, s)

		for _, q := range []Query{{Name: "bad"}, {Line: call.line}, {Text: `nul" NEAR(`}, {Name: `%_" near`}} {
			p, err := s.Search(context.Background(), q)
			must(t, err)
			if len(p.Calls) != 1 {
				t.Errorf("%+v finds %d calls, want 1", q, len(p.Calls))
			}
		}
		if _, err := s.Call(context.Background(), bridge.CallID(call.id)); err != nil {
			t.Error(err)
		}
	})
}

func TestTheFileIsForItsOwnerAlone(t *testing.T) {
	o := Options{DSN: newFile(t), Journal: filepath.Join(t.TempDir(), "journal")}
	s := opened(t, o)
	annCalls("1").publish(s)
	drained(t, s)

	for _, path := range []string{o.DSN, o.DSN + "-wal", filepath.Join(o.Journal, "name"), s.journal.path(1)} {
		stat, err := os.Stat(path)
		must(t, err)
		if stat.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v", path, stat.Mode())
		}
	}
}

func TestANewerDatabaseIsLeftAlone(t *testing.T) {
	eachEngine(t, func(t *testing.T, o Options) {
		s := open(t, o)
		_, err := s.db.Exec("INSERT INTO migrations (number, sum) VALUES (99, 'later')")
		must(t, err)
		must(t, s.Close())

		_, err = Open(context.Background(), o)

		if !errors.Is(err, ErrNewer) {
			t.Errorf("opened with %v, want ErrNewer", err)
		}
	})
}

func TestADatabaseOfOtherMigrationsIsLeftAlone(t *testing.T) {
	eachEngine(t, func(t *testing.T, o Options) {
		s := open(t, o)
		_, err := s.db.Exec("UPDATE migrations SET sum = 'other'")
		must(t, err)
		must(t, s.Close())

		_, err = Open(context.Background(), o)

		if !errors.Is(err, ErrForeign) {
			t.Errorf("opened with %v, want ErrForeign", err)
		}
	})
}

func TestTheJournalHasOneWriter(t *testing.T) {
	o := Options{DSN: newFile(t), Journal: t.TempDir()}
	opened(t, o)

	_, err := Open(context.Background(), o)

	if !errors.Is(err, ErrInUse) {
		t.Errorf("a second one opened with %v, want ErrInUse", err)
	}
}
