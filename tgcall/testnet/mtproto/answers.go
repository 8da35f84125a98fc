package mtproto

import (
	"context"
	"slices"
)

// maxAnswers is how many requests of a session are remembered, so that a repeated one is not done twice.
const maxAnswers = 512

// answers remembers a session's requests by their message ids. The session's lock guards it.
type answers struct {
	byID  map[int64]*answer
	order []int64 // oldest first
}

// answer of one request.
type answer struct {
	done    chan struct{} // closed when answered
	body    []byte        // encoded rpc_result
	failed  bool          // it is an rpc_error
	dropped bool          // the client no longer wants it
}

func newAnswers() answers { return answers{byID: map[int64]*answer{}} }

// ask notes a request; known is true if it came before.
func (x *Session) ask(id int64) (a *answer, known bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if a, ok := x.asked.byID[id]; ok {
		return a, true
	}
	if len(x.asked.order) == maxAnswers {
		delete(x.asked.byID, x.asked.order[0])
		x.asked.order = slices.Delete(x.asked.order, 0, 1)
	}
	a = &answer{done: make(chan struct{})}
	x.asked.byID[id] = a
	x.asked.order = append(x.asked.order, id)
	return a, false
}

// find returns the answer of a request that has come, or nil.
func (x *Session) find(id int64) *answer {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.asked.byID[id]
}

// settle stores the answer; false: it has one already.
func (x *Session) settle(a *answer, body []byte, failed bool) (first, wanted bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	select {
	case <-a.done:
		return false, false
	default:
	}
	a.body, a.failed = body, failed
	close(a.done)
	return true, !a.dropped
}

// state of a request: its answer if it has one.
func (x *Session) state(a *answer) (body []byte, answered bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	select {
	case <-a.done:
		return a.body, true
	default:
		return nil, false
	}
}

// drop notes that the answer is not wanted; running is false if it has been given already.
func (x *Session) drop(a *answer) (running bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	a.dropped = true
	select {
	case <-a.done:
		return false
	default:
		return true
	}
}

// await waits until all of the requests have been answered well. An unknown one counts as failed.
func (x *Session) await(ctx context.Context, ids []int64) bool {
	for _, id := range ids {
		a := x.find(id)
		if a == nil {
			return false
		}
		select {
		case <-a.done:
		case <-ctx.Done():
			return false
		}
		if a.failed {
			return false
		}
	}
	return true
}
