package live

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"switchgram/bridge/route"
)

const (
	// journalEvery is how late the disk may know of a step of a running call.
	journalEvery = 50 * time.Millisecond
	// mostStale is how many bytes of lines that count no longer a journal has at most, besides as many as count.
	mostStale = 4 << 20
)

// A journal is a file with a line for every State that was kept: the last one of a call counts, until one says that it is done. Between them stand the texts of
// the scripts that these States are of. Each line begins with its line break, so that one that was cut short, by kill -9 or a full disk, harms no other: the one
// before it counts. When most lines count no longer, a file of those that do takes its place.
type journal struct {
	path string
	log  *slog.Logger
	left []*route.State // what was there at the beginning

	failing bool // of the goroutine of run: the disk takes nothing

	mu     sync.Mutex
	file   *os.File
	size   int64
	renews int64              // size at which another file takes its place
	counts map[string]span    // by call: the line that does
	texts  map[string]span    // by mark: that of a script's text
	dirty  bool               // the disk itself may not have all of it
	later  map[string]waiting // by call: what is to be written soon
}

// span is a piece of the file.
type span struct{ at, length int64 }

// waiting is a State that is to be written: of a call that runs, or that is done.
type waiting struct {
	state *route.State
	done  bool
}

var _ route.Journal = (*journal)(nil)

func openJournal(dir string, log *slog.Logger) (*journal, error) {
	j := &journal{path: filepath.Join(dir, "journal"), log: log, counts: map[string]span{}, texts: map[string]span{}, later: map[string]waiting{}}
	err := os.MkdirAll(dir, 0o700)
	if err == nil {
		j.file, err = os.OpenFile(j.path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	}
	if err != nil {
		return nil, fmt.Errorf("journal of scripts: %w", err)
	}
	for _, read := range []func() error{j.read, j.load, j.renew} {
		if err := read(); err != nil {
			return nil, errors.Join(fmt.Errorf("journal of scripts: %w", err), j.close())
		}
	}
	return j, nil
}

func (j *journal) close() error { return j.file.Close() }

// read finds the lines that count.
func (j *journal) read() error {
	for lines := bufio.NewReader(j.file); ; {
		line, err := lines.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		var s struct {
			Call  string
			Phase route.Phase
			Mark  string
		}
		text := bytes.TrimSuffix(line, []byte{'\n'})
		switch wrong := json.Unmarshal(text, &s); {
		case len(text) == 0: // before the first
		case wrong == nil && s.Mark != "":
			j.texts[s.Mark] = span{j.size, int64(len(text))}
		case wrong != nil || s.Call == "":
			j.log.Warn("a line of the journal of scripts was cut short, or makes no sense", "offset", j.size, "err", wrong)
		default:
			j.note(s.Call, s.Phase == route.Done, span{j.size, int64(len(text))})
		}
		if j.size += int64(len(line)); err != nil {
			return nil
		}
	}
}

// note notes where a call's line stands.
func (j *journal) note(call string, done bool, where span) {
	if done {
		delete(j.counts, call)
		return
	}
	j.counts[call] = where
}

// load reads the lines that count. What this version cannot read stays for another; texts that no State names any longer do not.
func (j *journal) load() error {
	named := map[string]bool{}
	defer func() { maps.DeleteFunc(j.texts, func(mark string, _ span) bool { return !named[mark] }) }()
	for call, where := range j.counts {
		line, err := j.line(where)
		if err != nil {
			return err
		}
		var of struct{ Texts map[string]string }
		_ = json.Unmarshal(line, &of) // whichever version wrote it
		for _, mark := range of.Texts {
			named[mark] = true
		}
		s, err := route.Load(line)
		if err != nil {
			j.log.Error("what a crash has left of a script cannot be read", "call", call, "err", err)
			continue
		}
		j.left = append(j.left, s)
	}
	return nil
}

func (j *journal) line(where span) ([]byte, error) {
	line := make([]byte, where.length)
	_, err := j.file.ReadAt(line, where.at)
	return line, err
}

// Keep implements route.Journal. That a call is done is written again where the disk does not take it at once: it would be done once more.
func (j *journal) Keep(s *route.State) error {
	done := s.Phase == route.Done
	if done {
		s = &route.State{Version: s.Version, Call: s.Call, Phase: s.Phase} // there is no more to say
	}
	text := s.Save()
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.later, s.Call)
	err := j.write(s.Call, done, text)
	if err != nil && done {
		j.later[s.Call] = waiting{s, done}
	}
	return err
}

// scriptText is a line with the text of a script.
type scriptText struct {
	Mark string `json:"mark"`
	Text string `json:"text"`
}

// KeepText implements route.Journal. A text that is there is not written again.
func (j *journal) KeepText(mark string, text []byte) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, there := j.texts[mark]; there {
		return nil
	}
	line, err := json.Marshal(scriptText{mark, string(text)})
	if err != nil {
		return fmt.Errorf("journal of scripts: %w", err)
	}
	where, err := j.append(line)
	if err == nil {
		j.texts[mark] = where
	}
	return err
}

// Text implements route.Journal.
func (j *journal) Text(mark string) []byte {
	j.mu.Lock()
	defer j.mu.Unlock()
	where, there := j.texts[mark]
	if !there {
		return nil
	}
	var t scriptText
	line, err := j.line(where)
	if err == nil {
		err = json.Unmarshal(line, &t)
	}
	if err != nil {
		j.log.Error("the text of a script in the journal cannot be read", "err", err)
		return nil
	}
	return []byte(t.Text)
}

// Soon implements route.Journal.
func (j *journal) Soon(s *route.State) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.later[s.Call] = waiting{state: s}
}

// append writes a line.
func (j *journal) append(text []byte) (span, error) {
	begins := j.size + 1
	n, err := j.file.Write(append([]byte{'\n'}, text...))
	j.size, j.dirty = j.size+int64(n), true
	if err != nil {
		return span{}, fmt.Errorf("journal of scripts: %w", err)
	}
	return span{begins, int64(len(text))}, nil
}

// write writes the line of a State.
func (j *journal) write(call string, done bool, text []byte) error {
	where, err := j.append(text)
	if err != nil {
		return err
	}
	j.note(call, done, where)
	if j.size < j.renews {
		return nil
	}
	if err := j.renew(); err != nil {
		j.renews = j.size + mostStale
		j.log.Warn("the journal of scripts grows: no other file can take its place", "bytes", j.size, "err", err)
	}
	return nil
}

// run writes what is to be written soon, and has the disk itself take what was written, until ctx ends.
func (j *journal) run(ctx context.Context) {
	tick := time.NewTicker(journalEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			j.flush()
			j.sync()
			return
		case <-tick.C:
			j.flush()
			j.sync()
		}
	}
}

// sync has the disk itself take what was written: this process may be killed without that, but not the machine.
func (j *journal) sync() {
	j.mu.Lock()
	file, dirty := j.file, j.dirty
	j.dirty = false
	j.mu.Unlock()
	if !dirty {
		return
	}
	if err := file.Sync(); err != nil && !errors.Is(err, os.ErrClosed) { // another has taken its place, which the disk has
		j.log.Error("a power cut would undo what was written last to the journal of scripts", "err", err)
	}
}

// flush writes what waits. What the disk does not take is tried again.
func (j *journal) flush() {
	for _, call := range j.due() {
		if err := j.writeLater(call); err != nil {
			if !j.failing {
				j.log.Error("calls are not kept: after a crash their onDisconnect knows less, or is done again", "err", err)
			}
			j.failing = true
			return
		}
	}
	j.failing = false
}

func (j *journal) due() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Collect(maps.Keys(j.later))
}

// writeLater writes what waits of a call, unless something newer was.
func (j *journal) writeLater(call string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	w, ok := j.later[call]
	if !ok {
		return nil
	}
	if err := j.write(call, w.done, w.state.Save()); err != nil {
		return err
	}
	delete(j.later, call)
	return nil
}
