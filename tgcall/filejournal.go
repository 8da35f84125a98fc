package tgcall

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// FileJournal is a Journal in one file: a line for each beginning, a line for each end. What is left of the file after the process
// was killed at whatever moment can be read: a line that was not finished does not count. It is not synced to the disk, since a call
// whose machine lost its power is over before that is back.
//
// Make it with OpenJournal. One process may have it open at a time.
type FileJournal struct {
	mu   sync.Mutex
	file *os.File
	live map[int64]Live
}

// Lines of the file.
const (
	beganLine = "began %d %d %s %d\n" // id, access hash, direction, Unix seconds
	endedLine = "ended %d\n"

	maxJournalLine = 256
)

// OpenJournal opens a journal or makes one, readable by its owner alone, and writes it anew without what is over.
func OpenJournal(path string) (*FileJournal, error) {
	live, err := loadJournal(path)
	if err == nil {
		err = saveJournal(path, live)
	}
	if err != nil {
		return nil, fmt.Errorf("journal of calls: %w", err)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return nil, fmt.Errorf("journal of calls: %w", err)
	}
	return &FileJournal{file: file, live: live}, nil
}

func loadJournal(path string) (map[int64]Live, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return map[int64]Live{}, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return readJournal(file)
}

// saveJournal replaces the file in one step.
func saveJournal(path string, live map[int64]Live) error {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // with mode 0600
	if err != nil {
		return err
	}
	for _, l := range sorted(live) {
		_, bad := io.WriteString(file, l.line())
		err = cmp.Or(err, bad)
	}
	err = cmp.Or(err, file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name())
	}
	return err
}

// readJournal reads the calls that began and did not end. Lines that make no sense are left out.
func readJournal(r io.Reader) (map[int64]Live, error) {
	live := map[int64]Live{}
	lines := bufio.NewReaderSize(r, maxJournalLine)
	for rest := false; ; {
		line, err := lines.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			rest = true // too long to be ours; what follows belongs to it
			continue
		case errors.Is(err, io.EOF):
			return live, nil
		case err != nil:
			return nil, err
		}
		if !rest {
			readLine(live, string(line))
		}
		rest = false
	}
}

// readLine applies a line. What is not exactly as we write it changes nothing.
func readLine(live map[int64]Live, line string) {
	var id int64
	if l, ok := readBegan(line); ok {
		live[l.ID] = l
	} else if _, err := fmt.Sscanf(line, endedLine, &id); err == nil && fmt.Sprintf(endedLine, id) == line {
		delete(live, id)
	}
}

func readBegan(line string) (Live, bool) {
	var l Live
	var direction string
	var seconds int64
	if n, err := fmt.Sscanf(line, beganLine, &l.ID, &l.AccessHash, &direction, &seconds); n != 4 || err != nil {
		return Live{}, false
	}
	l.Outgoing, l.Began = direction == "out", time.Unix(seconds, 0)
	return l, l.line() == line
}

func (l Live) line() string {
	direction := "in"
	if l.Outgoing {
		direction = "out"
	}
	return fmt.Sprintf(beganLine, l.ID, l.AccessHash, direction, l.Began.Unix())
}

func sorted(live map[int64]Live) []Live {
	return slices.SortedFunc(maps.Values(live), func(a, b Live) int { return cmp.Or(a.Began.Compare(b.Began), cmp.Compare(a.ID, b.ID)) })
}

// Began implements Journal.
func (j *FileJournal) Began(l Live) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.live[l.ID] = l
	return j.write(l.line())
}

// Ended implements Journal. With the last live call all that is in the file is over, and it is emptied.
func (j *FileJournal) Ended(id int64) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, known := j.live[id]; !known {
		return nil
	}
	delete(j.live, id)
	if len(j.live) == 0 {
		return j.file.Truncate(0)
	}
	return j.write(fmt.Sprintf(endedLine, id))
}

// write adds one line in one write.
func (j *FileJournal) write(line string) error {
	_, err := io.WriteString(j.file, line)
	return err
}

// Left implements Journal.
func (j *FileJournal) Left() ([]Live, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return sorted(j.live), nil
}

// Close closes the file. What began and has not ended stays in it.
func (j *FileJournal) Close() error { return j.file.Close() }
