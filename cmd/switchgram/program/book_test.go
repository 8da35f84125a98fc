package program_test

import (
	"context"
	"strings"
	"sync"
	"testing"
)

// book is a log that can be waited for.
type book struct {
	t       *testing.T
	mu      sync.Mutex
	lines   []string
	read    map[string]int // how far, by what was waited for
	page    int            // where waiting begins
	written chan struct{}  // closed and replaced with every line
}

// newBook makes one that is shown if the test fails.
func newBook(t *testing.T) *book {
	b := &book{t: t, read: map[string]int{}, written: make(chan struct{})}
	t.Cleanup(b.show)
	return b
}

// Write takes a line.
func (b *book) Write(line []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines = append(b.lines, string(line))
	close(b.written)
	b.written = make(chan struct{})
	return len(line), nil
}

// await waits for the next line with that text, after the one it returned last.
func (b *book) await(ctx context.Context, text string) string {
	b.t.Helper()
	for {
		line, written := b.find(text)
		if line != "" {
			return line
		}
		select {
		case <-written:
		case <-ctx.Done():
			b.t.Fatalf("nothing in the log of %q", text)
		}
	}
}

// never looks for a text that has no place in it.
func (b *book) never(text string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if all := strings.Join(b.lines, ""); strings.Contains(all, text) {
		b.t.Errorf("the log has %q", text)
	}
}

func (b *book) show() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.t.Failed() {
		b.t.Logf("the log:\n%s", strings.Join(b.lines, ""))
	}
}

// turn lets no line be found any more that is there now.
func (b *book) turn() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.page = len(b.lines)
}

func (b *book) find(text string) (line string, written <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := max(b.page, b.read[text]); i < len(b.lines); i++ {
		if strings.Contains(b.lines[i], text) {
			b.read[text] = i + 1
			return b.lines[i], nil
		}
	}
	return "", b.written
}
