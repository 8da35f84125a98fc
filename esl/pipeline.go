package esl

import (
	"context"
	"sync"
)

// mostWaiting is how many commands can be on their way at once. Whoever sends more waits.
const mostWaiting = 1024

// slot is a command and the place of its answer. FreeSWITCH answers in order and answers carry no name, so a slot stays in the line when its
// caller has given up: else the next caller would get its answer.
type slot struct {
	wire   []byte
	api    bool        // FreeSWITCH does nothing else until it has answered
	answer chan *frame // room for one
}

// pipeline holds the commands of a connection: those not written yet, and those that FreeSWITCH has still to answer.
type pipeline struct {
	room  chan struct{} // a token for each command on its way
	ready chan struct{} // something is unwritten; room for one

	mu        sync.Mutex
	unwritten []*slot
	written   []*slot
	patient   int // callers that wait for an "api" command
}

func newPipeline() *pipeline {
	return &pipeline{room: make(chan struct{}, mostWaiting), ready: make(chan struct{}, 1)}
}

// add puts a command into the line, waiting for room if need be.
func (p *pipeline) add(ctx context.Context, s *slot, gone <-chan struct{}) error {
	select {
	case p.room <- struct{}{}:
	case <-gone:
		return ErrDisconnected
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	p.push(s)
	return nil
}

// tryAdd is add that does not wait for room.
func (p *pipeline) tryAdd(s *slot) {
	select {
	case p.room <- struct{}{}:
		p.push(s)
	default:
	}
}

func (p *pipeline) push(s *slot) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unwritten = append(p.unwritten, s)
	if s.api {
		p.patient++
	}
	select {
	case p.ready <- struct{}{}:
	default:
	}
}

// wait waits for the answer. When the caller gives up before the command was written, it is not written.
func (p *pipeline) wait(ctx context.Context, s *slot, gone <-chan struct{}) (*frame, error) {
	defer p.left(s)
	select {
	case f := <-s.answer:
		return f, nil
	default:
	}
	select {
	case f := <-s.answer:
		return f, nil
	case <-gone:
		select {
		case f := <-s.answer: // it came with the last words
			return f, nil
		default:
			return nil, ErrDisconnected
		}
	case <-ctx.Done():
		p.withdraw(s)
		return nil, context.Cause(ctx)
	}
}

func (p *pipeline) left(s *slot) {
	if s.api {
		p.mu.Lock()
		p.patient--
		p.mu.Unlock()
	}
}

func (p *pipeline) withdraw(s *slot) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, other := range p.unwritten {
		if other == s {
			p.unwritten = append(p.unwritten[:i], p.unwritten[i+1:]...)
			<-p.room
			return
		}
	}
}

// take returns all unwritten commands as bytes to write, nil if there are none. From now on FreeSWITCH owes an answer to each.
func (p *pipeline) take() (wire []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.unwritten {
		wire = append(wire, s.wire...)
		s.wire = nil
		p.written = append(p.written, s)
	}
	p.unwritten = p.unwritten[:0]
	return wire
}

// answered gives an answer to the command that has waited longest. It reports false if none has.
func (p *pipeline) answered(f *frame) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.written) == 0 {
		return false
	}
	s := p.written[0]
	p.written[0] = nil
	p.written = p.written[1:]
	s.answer <- f
	<-p.room
	return true
}

// busy reports whether somebody waits for an "api" command, during which FreeSWITCH is silent.
func (p *pipeline) busy() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.patient > 0
}
