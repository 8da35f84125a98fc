package store

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"switchgram/bridge"
)

func TestANumberIsErased(t *testing.T) {
	for name, number := range map[string]string{"number": "0049 30 123456", "username": "@ANN_K", "Telegram id": "777"} {
		t.Run(name, func(t *testing.T) {
			eachEngine(t, func(t *testing.T, o Options) {
				o.Notify = oneEach
				s := opened(t, o)
				threeCalls(t, s)
				other := annCalls("longer") // of which the number, name and id are parts
				other.from.User, other.caller = "+49301234567", bridge.Party{Phone: "+49301234567", Username: "ann_kk", ID: 7777}
				other.publish(s)
				drained(t, s)

				e, err := s.Erase(context.Background(), number)

				must(t, err)
				if e.Calls != 1 || e.Notifications != 4 {
					t.Errorf("erased %+v, want 1 call and its 4 notifications", e)
				}
				p, err := s.Search(context.Background(), Query{})
				must(t, err)
				if got := ids(p.Calls); !slices.Equal(got, []string{"out", "li", "longer"}) {
					t.Errorf("left: %v", got)
				}
			})
		})
	}
}

func TestRecordingsOfWhomIsErasedAreTold(t *testing.T) {
	eachEngine(t, func(t *testing.T, o Options) {
		s := opened(t, o)
		threeCalls(t, s)

		e, err := s.Erase(context.Background(), "bob_77")

		must(t, err)
		if !slices.Equal(e.Recordings, []string{"/r.ogg"}) {
			t.Errorf("recordings %v, want that of the call", e.Recordings)
		}
	})
}

func TestNothingOfWhomIsErasedStaysInTheFile(t *testing.T) {
	o := Options{DSN: newFile(t), Journal: t.TempDir()}
	s := opened(t, o)
	threeCalls(t, s)

	_, err := s.Erase(context.Background(), "+4930123456")

	must(t, err)
	files, err := filepath.Glob(o.DSN + "*")
	must(t, err)
	for _, path := range files {
		text, err := os.ReadFile(path)
		must(t, err)
		if bytes.Contains(text, []byte("30123456")) || bytes.Contains(text, []byte("Ковалёва")) {
			t.Errorf("%s still has the number or the name", filepath.Base(path))
		}
	}
}

func TestErasingWantsAWholeNumber(t *testing.T) {
	s := opened(t, Options{DSN: newFile(t)})
	for _, number := range []string{"", "+", "49", "ann kovalev", "%"} {
		if _, err := s.Erase(context.Background(), number); !errors.Is(err, ErrErase) {
			t.Errorf("%q: %v, want ErrErase", number, err)
		}
	}
}

func TestOldRecordsGo(t *testing.T) {
	eachEngine(t, func(t *testing.T, o Options) {
		o.Retention, o.Notify = 30*24*time.Hour, oneEach
		s := opened(t, o)
		for id, age := range map[string]time.Duration{"old": 31 * 24 * time.Hour, "new": 29 * 24 * time.Hour} {
			call := annCalls(id)
			call.at = time.Now().Add(-age)
			call.publish(s)
		}
		running := annCalls("running")
		running.at = time.Now().Add(-40 * 24 * time.Hour)
		s.Publish(running.begun())
		drained(t, s)

		s.purge(context.Background())

		p, err := s.Search(context.Background(), Query{})
		must(t, err)
		if got := ids(p.Calls); !slices.Equal(got, []string{"new", "running"}) {
			t.Errorf("left: %v", got)
		}
	})
}

func TestABackupIsADatabase(t *testing.T) {
	s := opened(t, Options{DSN: newFile(t), Journal: t.TempDir()})
	threeCalls(t, s)
	path := filepath.Join(t.TempDir(), "backup.db")

	must(t, s.Backup(context.Background(), path))

	copied := opened(t, Options{DSN: path})
	p, err := copied.Search(context.Background(), Query{Name: "ковалева"})
	must(t, err)
	if len(p.Calls) != 1 {
		t.Errorf("%d calls in the backup, want 1", len(p.Calls))
	}
	if stat, err := os.Stat(path); err != nil || stat.Mode().Perm() != 0o600 {
		t.Errorf("the backup has mode %v, %v", stat.Mode(), err)
	}
	if err := s.Backup(context.Background(), path); !errors.Is(err, os.ErrExist) {
		t.Errorf("over another backup: %v", err)
	}
}

func TestPostgreSQLHasItsOwnBackup(t *testing.T) {
	s := opened(t, Options{DSN: newDatabase(t)})
	if err := s.Backup(context.Background(), filepath.Join(t.TempDir(), "x")); !errors.Is(err, ErrNoBackup) {
		t.Errorf("%v, want ErrNoBackup", err)
	}
}
