package account

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"sync"
	"time"
)

const (
	// ledgerVersion is raised when older programs could not read the file any more.
	ledgerVersion = 1
	// mostWaits bounds how many methods a ledger knows as to be left alone. Telegram has about 700.
	mostWaits = 1000
)

// Ledger is what an account must remember from one run to the next, beside its session and its people: how far it has read Telegram's
// updates, and what it was asked to leave alone until when. It is safe for concurrent use; each account has one of its own.
//
// A wait is on disk at once. How far updates were read is written two seconds later at most and at the end of Run: after a crash some
// updates come twice, and none is lost.
type Ledger struct {
	path string        // empty: memory
	file sync.Mutex    // the file
	news chan struct{} // the file is behind

	mu      sync.Mutex
	content ledgerFile
}

// ledgerFile is the content of the file, as JSON.
type ledgerFile struct {
	Version int                  `json:"version"`
	Self    int64                `json:"self,omitempty"` // whose updates these are
	Read    *readTo              `json:"read,omitempty"` // nil: nothing yet
	Waits   map[string]time.Time `json:"waits,omitempty"`
}

// NewLedger returns an empty Ledger that is forgotten at exit.
func NewLedger() *Ledger {
	return &Ledger{news: make(chan struct{}, 1), content: ledgerFile{Version: ledgerVersion, Waits: map[string]time.Time{}}}
}

// OpenLedger reads the ledger in the file at path, or begins an empty one, whose file of mode 0600 comes with the first news. A file that
// others can read is refused with ErrExposed.
func OpenLedger(path string) (*Ledger, error) {
	l := NewLedger()
	l.path = path
	data, err := readPrivate("ledger", path)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err == nil {
		l.content, err = parseLedger(data)
	}
	if err != nil {
		return nil, fmt.Errorf("ledger %s: %w; without it what was missed is not fetched", path, err)
	}
	return l, nil
}

func parseLedger(data []byte) (ledgerFile, error) {
	var content ledgerFile
	d := json.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(&content); err != nil {
		return ledgerFile{}, fmt.Errorf("damaged near byte %d: %w", d.InputOffset(), err)
	}
	switch r := content.Read; {
	case content.Version != ledgerVersion:
		return ledgerFile{}, fmt.Errorf("version %d, want %d", content.Version, ledgerVersion)
	case r != nil && (r.Pts < 0 || r.Qts < 0 || r.Date < 0 || r.Seq < 0 || content.Self == 0):
		return ledgerFile{}, errors.New("damaged: nobody can have read so far")
	case len(content.Waits) > mostWaits:
		return ledgerFile{}, fmt.Errorf("%d waits are too many", len(content.Waits))
	case content.Waits == nil:
		content.Waits = map[string]time.Time{}
	}
	return content, nil
}

// wait is how much longer something must be left alone; 0: it need not.
func (l *Ledger) wait(what string) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return max(time.Until(l.content.Waits[what]), 0)
}

// hold has something left alone for d.
func (l *Ledger) hold(what string, d time.Duration) error {
	l.mu.Lock()
	maps.DeleteFunc(l.content.Waits, func(_ string, until time.Time) bool { return time.Now().After(until) })
	if len(l.content.Waits) < mostWaits {
		l.content.Waits[what] = time.Now().Add(d)
	}
	l.mu.Unlock()
	return l.save()
}

// save writes the file.
func (l *Ledger) save() error {
	if l.path == "" {
		return nil
	}
	l.file.Lock()
	defer l.file.Unlock()
	l.mu.Lock()
	data, err := json.Marshal(l.content)
	l.mu.Unlock()
	if err == nil {
		err = writePrivate(l.path, data)
	}
	if err != nil {
		return fmt.Errorf("ledger: %w", err)
	}
	return nil
}

// keep writes the file a while after news came, until ctx ends, and once more then.
func (l *Ledger) keep(ctx context.Context, log *slog.Logger) {
	for last := false; !last; {
		select {
		case <-l.news:
			last = !pause(ctx, writeEvery)
		case <-ctx.Done():
			last = true
		}
		if err := l.save(); err != nil {
			log.Warn("how far updates were read is not written", "err", err)
		}
	}
}

// pause waits for d; false: ctx ended before.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
