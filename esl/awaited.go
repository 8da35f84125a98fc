package esl

import "sync"

// awaited are events that somebody waits for, by the id that each will bear. The zero value is ready, and may be used by several goroutines at once.
type awaited struct {
	mu      sync.Mutex
	waiting map[string]chan *Event // room for one
}

func (a *awaited) expect(id string) <-chan *Event {
	event := make(chan *Event, 1)
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.waiting == nil {
		a.waiting = map[string]chan *Event{}
	}
	a.waiting[id] = event
	return event
}

func (a *awaited) forget(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.waiting, id)
}

// came hands an event to whoever waits for this id.
func (a *awaited) came(id string, e *Event) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if event, ok := a.waiting[id]; ok {
		delete(a.waiting, id)
		event <- e
	}
}
