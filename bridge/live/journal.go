package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"switchgram/bridge/route"
)

const (
	// journalEvery is how late the disk may know of a step of a running call.
	journalEvery = 50 * time.Millisecond
	// mostJournal is more than any State that we have written, in bytes.
	mostJournal = 8 << 20
	kept        = ".json"
)

// entry is what the journal keeps of a call.
type entry struct {
	State *route.State `json:"state"`
	Ended *route.Ended `json:"ended,omitempty"` // nil: it runs, or what is in State tells
}

// A journal is a folder with a file for every call whose script is not done with it. A file is replaced as a whole, so that a process that is killed
// leaves the last one or the one before.
type journal struct {
	dir string

	mu    sync.Mutex
	later map[string][]byte // by file: of calls that run, to be written soon
	had   []string          // files that were there at the beginning
}

var _ route.Journal = (*journal)(nil)

func openJournal(dir string) (*journal, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("journal of scripts: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("journal of scripts: %w", err)
	}
	j := &journal{dir: dir, later: map[string][]byte{}}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), kept) {
			j.had = append(j.had, e.Name())
		}
	}
	return j, nil
}

// file is a call's: its name, with what has no place in the name of a file left out.
func file(call string) string {
	safe := func(r rune) rune {
		if r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
			return r
		}
		return '_'
	}
	return strings.Map(safe, call) + kept
}

// Keep implements route.Journal. What becomes of a call that runs is written soon, and at once when it is over.
func (j *journal) Keep(_ context.Context, s *route.State) error {
	text, err := json.Marshal(entry{State: s})
	if err != nil {
		return fmt.Errorf("journal of scripts: %w", err)
	}
	if s.Phase != route.Running {
		return j.write(file(s.Call), text)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.later[file(s.Call)] = text
	return nil
}

// over keeps how a call has ended whose onDisconnect is due.
func (j *journal) over(s *route.State, how route.Ended) error {
	text, err := json.Marshal(entry{State: s, Ended: &how})
	if err != nil {
		return fmt.Errorf("journal of scripts: %w", err)
	}
	return j.write(file(s.Call), text)
}

// write replaces a file. The lock keeps an older text from coming later.
func (j *journal) write(name string, text []byte) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.later, name)
	return j.replace(name, text)
}

func (j *journal) replace(name string, text []byte) error {
	path := filepath.Join(j.dir, name)
	err := os.WriteFile(path+".new", text, 0o600)
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		return fmt.Errorf("journal of scripts: %w", err)
	}
	return nil
}

// Forget implements route.Journal.
func (j *journal) Forget(_ context.Context, call string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.later, file(call))
	err := os.Remove(filepath.Join(j.dir, file(call)))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("journal of scripts: %w", err)
	}
	return nil
}

// run writes what is to be written soon, until ctx ends.
func (j *journal) run(ctx context.Context) {
	tick := time.NewTicker(journalEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			j.flush()
		}
	}
}

// flush writes what waits. What the disk does not take is written with the call's next step.
func (j *journal) flush() {
	j.mu.Lock()
	defer j.mu.Unlock()
	for name, text := range j.later {
		_ = j.replace(name, text)
		delete(j.later, name)
	}
}

// left reads what was there at the beginning.
func (j *journal) left() (all []entry, broken []error) {
	for _, name := range j.had {
		e, err := j.read(name)
		if err != nil {
			broken = append(broken, err)
			continue
		}
		all = append(all, e)
	}
	return all, broken
}

func (j *journal) read(name string) (e entry, err error) {
	path := filepath.Join(j.dir, name)
	stat, err := os.Stat(path)
	if err != nil {
		return e, fmt.Errorf("journal of scripts: %w", err)
	}
	if stat.Size() > mostJournal {
		return e, fmt.Errorf("journal of scripts: %s: more than %d bytes", path, mostJournal)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return e, fmt.Errorf("journal of scripts: %w", err)
	}
	var parts struct {
		State json.RawMessage `json:"state"`
		Ended *route.Ended    `json:"ended"`
	}
	if err := json.Unmarshal(text, &parts); err != nil {
		return e, fmt.Errorf("journal of scripts: %s: %w", path, err)
	}
	e.Ended = parts.Ended
	if e.State, err = route.Load(parts.State); err != nil {
		return e, fmt.Errorf("journal of scripts: %s: %w", path, err)
	}
	return e, nil
}
