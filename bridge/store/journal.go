package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/google/uuid"
)

// What a journal keeps at most. A day of a busy switch (100,000 calls) is about 500 MB.
const (
	segmentSize  = 8 << 20 // bytes in one of its files
	journalSize  = 4 << 30 // bytes in all of them
	keptSize     = 32 << 20
	segmentAge   = time.Hour // what has been drained is removed by then
	segmentName  = ".journal"
	afterRefusal = time.Second // how often the disk is asked whether there is room again
)

// ErrInUse: another process writes the journal.
var ErrInUse = errors.New("store: the journal is in use by another process")

// position is a place in the journal: all before it has been read.
type position struct {
	segment uint64
	offset  int64
}

// A journal is a folder of files of lines, written before anything else is done with an event. A line that append has returned for is with the
// kernel and survives the death of this process. While the disk has no room for it, lines are kept in memory, up to a limit, and then lost: the
// calls that they tell of must go on.
type journal struct {
	dir  string
	name string // of this journal, in the database: a UUID
	log  *slog.Logger
	lock *os.File
	wake chan struct{} // there is something to read, perhaps; room for one

	segment, total, memory int64 // limits, in bytes

	mu     sync.Mutex
	file   *os.File // being written
	at     position // its end
	since  time.Time
	older  int64     // bytes in the files before it
	kept   [][]byte  // lines that wait for room on the disk
	held   int64     // bytes of these
	again  time.Time // when to ask the disk again
	lost   uint64    // lines for which there was no room anywhere
	broken bool      // a piece of a line stands at the end of the file
}

// openJournal takes the journal in a folder, which it makes if need be, for this process alone, and notes that a run begins.
func openJournal(dir string, log *slog.Logger) (*journal, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	j := &journal{dir: dir, log: log, wake: make(chan struct{}, 1), segment: segmentSize, total: journalSize, memory: keptSize}
	if err := j.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("journal: %w", err), j.close())
	}
	line, err := json.Marshal(entry{Began: time.Now()})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("journal: %w", err), j.close())
	}
	j.append(line)
	return j, nil
}

func (j *journal) open() (err error) {
	if j.lock, err = os.OpenFile(filepath.Join(j.dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return err
	}
	if err := syscall.Flock(int(j.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return ErrInUse
	}
	if err := j.identify(); err != nil {
		return err
	}
	segments, err := j.segments()
	if err != nil {
		return err
	}
	for _, n := range segments {
		if stat, err := os.Stat(j.path(n)); err == nil {
			j.older += stat.Size()
		}
		j.at.segment = n
	}
	return j.roll() // what a killed process has left half written stays where it is
}

// identify reads or makes the journal's name. It is written as a whole or not at all.
func (j *journal) identify() error {
	path := filepath.Join(j.dir, "name")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		text = []byte(uuid.NewString())
		if err := os.WriteFile(path+".new", text, 0o600); err != nil {
			return err
		}
		err = os.Rename(path+".new", path)
	}
	j.name = strings.TrimSpace(string(text))
	return err
}

func (j *journal) path(segment uint64) string {
	return filepath.Join(j.dir, fmt.Sprintf("%012d", segment)+segmentName)
}

// segments lists the numbers of the files there are, oldest first.
func (j *journal) segments() (all []uint64, err error) {
	entries, err := os.ReadDir(j.dir)
	for _, e := range entries {
		digits, ours := strings.CutSuffix(e.Name(), segmentName)
		if n, err := strconv.ParseUint(digits, 10, 64); ours && err == nil {
			all = append(all, n)
		}
	}
	slices.Sort(all)
	return all, err
}

// roll begins a new file.
func (j *journal) roll() error {
	f, err := os.OpenFile(j.path(j.at.segment+1), os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	if j.file != nil {
		err = j.file.Close()
	}
	j.older += j.at.offset
	j.file, j.at, j.since, j.broken = f, position{segment: j.at.segment + 1}, time.Now(), false
	return err
}

// append adds a line. It waits for nothing but the kernel.
func (j *journal) append(line []byte) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.keep(append(line, '\n'))
	j.flush(time.Now())
}

// keep adds a line to those that wait.
func (j *journal) keep(line []byte) {
	if j.held+int64(len(line)) > j.memory {
		j.lost++
		if j.lost&(j.lost-1) == 0 { // the first, second, fourth, ...
			j.log.Error("events are lost: there is no room for them", "events", j.lost)
		}
		return
	}
	j.kept = append(j.kept, line)
	j.held += int64(len(line))
}

// retry writes what waits, if anything does.
func (j *journal) retry() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.flush(time.Now())
}

// flush writes lines while there is room for them.
func (j *journal) flush(now time.Time) {
	if len(j.kept) == 0 || now.Before(j.again) {
		return
	}
	waited := !j.again.IsZero()
	for len(j.kept) > 0 {
		if err := j.write(j.kept[0]); err != nil {
			j.again = now.Add(afterRefusal)
			if !waited {
				j.log.Error("the journal cannot be written; events are kept in memory, where they do not survive this process", "err", err)
			}
			return
		}
		j.held -= int64(len(j.kept[0]))
		j.kept = j.kept[1:]
	}
	j.again = time.Time{}
	if waited {
		j.log.Warn("the journal is written again", "lost", j.lost)
	}
}

// errFull: the journal has reached its limit.
var errFull = errors.New("the journal has reached its limit")

// write adds a line to the file, whole or not at all.
func (j *journal) write(line []byte) error {
	if j.older+j.at.offset+int64(len(line)) > j.total {
		return errFull
	}
	if j.at.offset >= j.segment || j.broken {
		if err := j.roll(); err != nil {
			return err
		}
	}
	if _, err := j.file.Write(line); err != nil {
		j.broken = j.file.Truncate(j.at.offset) != nil // a half line that stays is never read: the file ends before it
		return err
	}
	j.at.offset += int64(len(line))
	select {
	case j.wake <- struct{}{}:
	default: // a reader is being woken
	}
	return nil
}

// end is where everything has been read.
func (j *journal) end() position {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.at
}

// backlog tells how many bytes stand after a position, how many bytes wait for the disk, and how many lines were lost.
func (j *journal) backlog(p position) (bytes, held int64, lost uint64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if bytes = j.at.offset - p.offset; p.segment < j.at.segment {
		bytes = j.older + j.at.offset - p.offset // files before p are gone
	}
	return bytes, j.held, j.lost
}

// close gives the journal up. What waits for the disk is lost.
func (j *journal) close() (err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.flush(j.again)
	if j.file != nil {
		err = j.file.Close()
	}
	if len(j.kept) > 0 {
		err = errors.Join(err, fmt.Errorf("journal: %d events are lost: the disk has no room", len(j.kept)))
	}
	if j.lock != nil {
		err = errors.Join(err, j.lock.Close())
	}
	return err
}
