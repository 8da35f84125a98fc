package trial

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// journal is a trial's log, with seconds since its begin. A nil journal forgets.
type journal struct {
	mu    sync.Mutex
	to    io.Writer
	began time.Time
}

func newJournal(to io.Writer) *journal {
	if to == nil {
		return nil
	}
	return &journal{to: to, began: time.Now()}
}

func (j *journal) printf(now time.Time, format string, args ...any) {
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	fmt.Fprintf(j.to, "%7.3f %s\n", now.Sub(j.began).Seconds(), fmt.Sprintf(format, args...))
}
