package esl

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync/atomic"
)

// jobs are the "bgapi" commands whose result somebody waits for, by Job-UUID.
type jobs struct {
	awaited
	enabled atomic.Bool // FreeSWITCH sends us the results
}

// enableJobs subscribes to the results of jobs, unless that is done. Two that do it at once do no harm.
func (c *Conn) enableJobs(ctx context.Context) error {
	if c.jobs.enabled.Load() {
		return nil
	}
	if _, err := c.Send(ctx, Command{Line: "event " + c.o.format() + " BACKGROUND_JOB"}); err != nil {
		return err
	}
	c.jobs.enabled.Store(true)
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
