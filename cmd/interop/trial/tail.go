package trial

import (
	"bytes"
	"strings"
	"sync"
)

// tail keeps the end of what a program complains.
type tail struct {
	also func(text []byte) // gets all of it

	mu   sync.Mutex
	text []byte
}

const tailSize = 400

// Write implements io.Writer.
func (t *tail) Write(b []byte) (int, error) {
	t.also(b)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, b...)
	t.text = bytes.Clone(t.text[max(0, len(t.text)-tailSize):])
	return len(b), nil
}

// String is the end, on one line.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(strings.Fields(string(t.text)), " ")
}
