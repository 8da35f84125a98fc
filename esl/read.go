package esl

import (
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// read is the only goroutine that reads. It never waits for anybody: queues that are full say so to their readers.
func (c *Conn) read() {
	for {
		f, err := c.frames.next()
		if err == nil {
			c.heard.Store(int64(time.Since(c.began)))
			err = c.take(f)
		}
		if err != nil {
			c.fail(lost(err))
			break
		}
	}
	if c.ownsRouter {
		c.router.close(c.err)
	}
}

// lost gives the network's errors our name.
func lost(err error) error {
	if ne := net.Error(nil); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &ne) {
		return fmt.Errorf("%w: %w", ErrDisconnected, err)
	}
	return err
}

// take handles one frame. An error ends the connection: once out of step, answers would go to the wrong commands.
func (c *Conn) take(f *frame) error {
	switch kind := f.get("Content-Type"); kind {
	case "command/reply", "api/response":
		if !c.pipe.answered(f) {
			return fmt.Errorf("%w: an answer to no command", ErrProtocol)
		}
	case "text/event-json", "text/event-plain":
		e, err := f.event()
		if err != nil {
			return err
		}
		c.dispatch(e)
	case "text/disconnect-notice":
		if c.notice != nil && f.get("Content-Disposition") == "linger" {
			c.notice()
		}
	case "text/rude-rejection":
		return ErrRejected
	case "":
		return fmt.Errorf("%w: frame without a Content-Type", ErrProtocol)
	default: // log/data, and whatever comes after our time
		c.o.Log.Debug("frame of no use", "kind", kind)
	}
	return nil
}

func (c *Conn) dispatch(e *Event) {
	if e.Name() == "BACKGROUND_JOB" {
		c.jobs.came(e.Get("Job-UUID"), e)
	}
	if c.observe != nil {
		c.observe(e)
	}
	c.router.deliver(e)
}
