package notify

import (
	"container/heap"
	"context"
	"errors"
	"sync"
	"time"

	"switchgram/bridge"
)

// memory is a Queue for tests, which can be made to fail.
type memory struct {
	mu    sync.Mutex
	seq   int64
	rows  map[int64]*Delivery
	lines map[string]*heads // by endpoint
	calls map[[2]string][]int64
	away  bool
}

func newMemory() *memory {
	return &memory{rows: map[int64]*Delivery{}, lines: map[string]*heads{}, calls: map[[2]string][]int64{}}
}

var errAway = errors.New("the queue is away")

// add queues notifications.
func (m *memory) add(all ...Notification) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, n := range all {
		m.seq++
		m.rows[m.seq] = &Delivery{Notification: n, Seq: m.seq, State: Waiting}
		m.join(m.seq)
	}
}

func (m *memory) key(d *Delivery) [2]string {
	call := string(d.Call)
	if call == "" {
		call = d.ID
	}
	return [2]string{d.Endpoint, call}
}

func (m *memory) join(seq int64) {
	d := m.rows[seq]
	k := m.key(d)
	if m.lines[d.Endpoint] == nil {
		m.lines[d.Endpoint] = &heads{}
	}
	m.calls[k] = append(m.calls[k], seq)
	if len(m.calls[k]) == 1 {
		heap.Push(m.lines[d.Endpoint], d)
	}
}

func (m *memory) Due(_ context.Context, endpoint string, now time.Time, limit int) (due []Delivery, next time.Time, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	h := m.lines[endpoint]
	if m.away || h == nil {
		if m.away {
			err = errAway
		}
		return nil, next, err
	}
	var seen []*Delivery
	for len(due) < limit && h.Len() > 0 && !(*h)[0].Next.After(now) {
		d := heap.Pop(h).(*Delivery)
		seen, due = append(seen, d), append(due, *d)
	}
	if h.Len() > 0 {
		next = (*h)[0].Next
	}
	for _, d := range seen {
		heap.Push(h, d)
	}
	return due, next, nil
}

func (m *memory) Settle(_ context.Context, results []Result) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.away {
		return errAway
	}
	for _, r := range results {
		d := m.rows[r.Seq]
		k, h := m.key(d), m.lines[d.Endpoint]
		for i, head := range *h {
			if head == d {
				heap.Remove(h, i)
				break
			}
		}
		d.State, d.Attempts, d.First, d.Next, d.Status, d.Err = r.State, r.Attempts, r.First, r.Next, r.Status, r.Err
		if d.State != Waiting {
			m.calls[k] = m.calls[k][1:]
		}
		if len(m.calls[k]) > 0 {
			heap.Push(h, m.rows[m.calls[k][0]])
		}
	}
	return nil
}

func (m *memory) List(_ context.Context, f Filter) (all []Delivery, _ error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for seq := range m.seq {
		if d := m.rows[seq+1]; f.State == "" || f.State == d.State {
			all = append(all, *d)
		}
	}
	return all, nil
}

func (m *memory) Replay(_ context.Context, f Filter, now time.Time) (n int, _ error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for seq := range m.seq {
		if d := m.rows[seq+1]; d.State == Dead && (f.ID == "" || f.ID == d.ID) {
			d.State, d.Attempts, d.First, d.Next = Waiting, 0, time.Time{}, now
			m.join(d.Seq)
			n++
		}
	}
	return n, nil
}

// count is how many are in a state.
func (m *memory) count(s State) int {
	all, _ := m.List(context.Background(), Filter{State: s})
	return len(all)
}

// heads are the first of every call, by when they are due.
type heads []*Delivery

func (h heads) Len() int { return len(h) }
func (h heads) Less(i, j int) bool {
	if !h[i].Next.Equal(h[j].Next) {
		return h[i].Next.Before(h[j].Next)
	}
	return h[i].Seq < h[j].Seq
}
func (h heads) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *heads) Push(v any)   { *h = append(*h, v.(*Delivery)) }
func (h *heads) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

// message is a notification of a call.
func message(endpoint, call, id string) Notification {
	return Notification{ID: id, Endpoint: endpoint, Call: bridge.CallID(call), Kind: bridge.CallMissed, At: time.Now(), Event: []byte(`{"version":1}`)}
}
