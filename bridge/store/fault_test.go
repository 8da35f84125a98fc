package store

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"
)

// publishing publishes n calls, which must not wait for anything.
func publishing(t *testing.T, s *Store, n int) {
	t.Helper()
	begin := time.Now()
	for i := range n {
		call := annCalls(fmt.Sprint(i))
		call.at = noon.Add(time.Duration(i) * time.Minute)
		call.publish(s)
	}
	if took := time.Since(begin); took > 20*time.Second {
		t.Errorf("publishing %d calls took %v; the bridge would have stood still", n, took)
	}
}

func calls(t *testing.T, s *Store) int {
	t.Helper()
	return count(t, s, "SELECT count(*) FROM calls WHERE running = 0")
}

func TestTheDatabaseIsLockedForAWhile(t *testing.T) {
	s := opened(t, Options{DSN: newFile(t), Journal: t.TempDir()})
	other, err := sql.Open("sqlite", s.opt.DSN)
	must(t, err)
	defer other.Close()
	lock, err := other.Conn(context.Background())
	must(t, err)
	defer lock.Close()
	_, err = lock.ExecContext(context.Background(), "BEGIN IMMEDIATE")
	must(t, err)

	running(t, s)
	publishing(t, s, 50)
	if n := calls(t, s); n != 0 {
		t.Errorf("%d calls were written into a locked database", n)
	}
	_, err = lock.ExecContext(context.Background(), "ROLLBACK")
	must(t, err)

	eventually(t, "the calls are there", func() bool { return calls(t, s) == 50 })
}

func TestPostgreSQLIsAwayForAWhile(t *testing.T) {
	s := opened(t, Options{DSN: newDatabase(t), Journal: t.TempDir()})
	stop := running(t, s)
	publishing(t, s, 10)
	eventually(t, "the first calls are there", func() bool { return calls(t, s) == 10 })

	cluster.halt(t)
	for i := 10; i < 60; i++ {
		annCalls(fmt.Sprint(i)).publish(s)
	}
	eventually(t, "calls wait", func() bool { return s.Backlog().Bytes > 0 })
	cluster.start(t)

	eventually(t, "the others are there", func() bool { return s.Backlog().Bytes == 0 })
	stop()
	if n := calls(t, s); n != 60 {
		t.Errorf("%d calls, want 60", n)
	}
}

func TestPostgreSQLIsNotThereYet(t *testing.T) {
	dsn := newDatabase(t)
	cluster.halt(t)
	s, err := Open(context.Background(), Options{DSN: dsn, Journal: t.TempDir()})
	if err == nil {
		t.Cleanup(func() { must(t, s.Close()) })
	}
	cluster.start(t)
	must(t, err)

	running(t, s)
	publishing(t, s, 5)

	eventually(t, "the calls are there", func() bool { return s.Backlog().Bytes == 0 && calls(t, s) == 5 })
}

// A limit on the size of files is a disk that is full, for the journal and for the database: writes are cut short, then refused.
func TestTheDiskIsFullForAWhile(t *testing.T) {
	s := opened(t, Options{DSN: newFile(t), Journal: t.TempDir()})
	running(t, s)
	publishing(t, s, 3)
	eventually(t, "the first calls are there", func() bool { return calls(t, s) == 3 })

	room := limitFiles(t, uint64(s.journal.end().offset)+1000)
	publishing(t, s, 100)
	if s.Backlog().Memory == 0 {
		t.Error("nothing waits in memory, though the disk is full")
	}
	room()

	eventually(t, "the calls are there", func() bool { return calls(t, s) == 100 })
	if b := s.Backlog(); b.Lost != 0 || b.Memory != 0 {
		t.Errorf("backlog %+v, want none", b)
	}
}

// limitFiles lets no file of this process grow beyond a size until room is called.
func limitFiles(t *testing.T, size uint64) (room func()) {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ)
	var before syscall.Rlimit
	must(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before))
	must(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: before.Max}))
	room = func() { must(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before)) }
	t.Cleanup(room)
	return room
}

func TestThereIsNoRoomAnywhere(t *testing.T) {
	s := open(t, Options{DSN: newFile(t), Journal: t.TempDir()})
	s.journal.total, s.journal.memory = s.journal.at.offset, 4000

	publishing(t, s, 20)

	b := s.Backlog()
	if b.Lost == 0 || b.Memory == 0 || b.Memory > 4000 {
		t.Errorf("backlog %+v, want events lost and at most 4000 bytes of them in memory", b)
	}
	if err := s.Close(); err == nil {
		t.Error("closed without a word, though events are lost")
	}
}

func TestALongJournalIsReadAndRemoved(t *testing.T) {
	s := opened(t, Options{DSN: newFile(t), Journal: t.TempDir()})
	s.journal.segment = 5000
	publishing(t, s, 30)
	before, err := s.journal.segments()
	must(t, err)

	drained(t, s)

	after, err := s.journal.segments()
	must(t, err)
	if len(before) < 5 || len(after) != 1 || calls(t, s) != 30 || s.Backlog().Bytes != 0 {
		t.Errorf("%d files became %d, %d calls, backlog %+v; want 1 file, 30 calls, no backlog", len(before), len(after), calls(t, s), s.Backlog())
	}
}

func TestGarbageInTheJournalIsPassedOver(t *testing.T) {
	o := Options{DSN: newFile(t), Journal: t.TempDir()}
	s := open(t, o)
	annCalls("1").publish(s)
	path := s.journal.path(s.journal.at.segment)
	must(t, s.Close())
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	must(t, err)
	_, err = f.WriteString("\x00\x00\n{}\n{\"event\":{\"call\":\"half")
	must(t, err)
	must(t, f.Close())

	s = opened(t, o)
	annCalls("2").publish(s)
	drained(t, s)

	if n := calls(t, s); n != 2 {
		t.Errorf("%d calls, want 2", n)
	}
}

func TestAnEventThatTheDatabaseRefusesIsPutAside(t *testing.T) {
	eachEngine(t, func(t *testing.T, o Options) {
		s := opened(t, o)
		forbid := "CREATE TRIGGER forbid BEFORE INSERT ON calls WHEN new.id = '3' BEGIN SELECT RAISE(ABORT, 'no'); END"
		if s.kind == postgresEngine {
			forbid = "ALTER TABLE calls ADD CHECK (id <> '3')"
		}
		_, err := s.db.Exec(forbid)
		must(t, err)

		publishing(t, s, 6)
		drained(t, s)

		if n := calls(t, s); n != 5 {
			t.Errorf("%d calls, want all but one of 6", n)
		}
		if text, err := os.ReadFile(s.refused()); err != nil || len(text) == 0 {
			t.Errorf("what was refused: %d bytes, %v", len(text), err)
		}
	})
}
