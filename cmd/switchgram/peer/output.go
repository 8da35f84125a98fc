package peer

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"time"
)

// output writes the peer's lines, whole, from any goroutine.
type output struct {
	mu  sync.Mutex
	to  io.Writer
	err error // the first failure; nothing is written after it
}

// line writes one line, with the time put in front.
func (o *output) line(v any) {
	object, err := json.Marshal(v)
	if err != nil {
		panic(err) // the lines are our own types
	}
	now := float64(time.Now().UnixMicro()) / 1e6
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil {
		_, o.err = fmt.Fprintf(o.to, "{\"t\":%.6f,%s\n", now, object[1:])
	}
}

// failure is why lines could not be written.
func (o *output) failure() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}

func (o *output) error(err error) { o.line(errorLine{Error: err.Error()}) }
