package esl

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
)

// jobs are the "bgapi" commands whose result somebody waits for.
type jobs struct {
	mu      sync.Mutex
	waiting map[string]chan *Event // by Job-UUID; room for one
	enabled bool                   // FreeSWITCH sends us the results
}

func newJobs() *jobs { return &jobs{waiting: map[string]chan *Event{}} }

func (j *jobs) expect(id string) <-chan *Event {
	result := make(chan *Event, 1)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.waiting[id] = result
	return result
}

func (j *jobs) forget(id string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.waiting, id)
}

func (j *jobs) done(e *Event) {
	id := e.Get("Job-UUID")
	j.mu.Lock()
	defer j.mu.Unlock()
	if result, ok := j.waiting[id]; ok {
		delete(j.waiting, id)
		result <- e
	}
}

func (j *jobs) areEnabled() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.enabled
}

func (j *jobs) enable(on bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.enabled = on
}

// enableJobs subscribes to the results of jobs, unless that is done. Two that do it at once do no harm.
func (c *Conn) enableJobs(ctx context.Context) error {
	if c.jobs.areEnabled() {
		return nil
	}
	if _, err := c.Send(ctx, Command{Line: "event " + c.o.format() + " BACKGROUND_JOB"}); err != nil {
		return err
	}
	c.jobs.enable(true)
	return nil
}

// job runs a command in the background. We choose its id, since the result can come before the answer to "bgapi" does.
func (c *Conn) job(ctx context.Context, line string) (string, error) {
	if err := c.enableJobs(ctx); err != nil {
		return "", err
	}
	id := NewUUID()
	result := c.jobs.expect(id)
	defer c.jobs.forget(id)
	cmd := Command{Line: "bgapi " + line, Fields: []Field{{"Job-UUID", id}}}
	if _, err := c.Send(ctx, cmd); err != nil {
		return "", err
	}
	select {
	case e := <-result:
		return e.Body(), refusal(line, e.Body())
	case <-c.gone:
		return "", c.explain(cmd, ErrDisconnected)
	case <-ctx.Done():
		return "", fmt.Errorf("%s: %w", cmd.verb(), context.Cause(ctx))
	}
}

// NewUUID makes a random UUID (RFC 9562 §5.4), for a channel that is to be watched before it exists.
func NewUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
