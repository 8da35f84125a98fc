package freeswitch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"switchgram/bridge/route"
)

// leaveKey is a key that no telephone has (ITU-T Q.23's fourth column is the military's): mod_callcenter lets a caller go who presses it.
const leaveKey = "D"

// Wait implements route.Queuer, by mod_callcenter.
func (c *Channel) Wait(ctx context.Context, w route.Waiting) (route.Waited, error) {
	queue, err := c.atDomain(w.Queue, w.Domain)
	if err != nil {
		return route.Waited{}, err
	}
	all := map[string]string{"cc_cause": "", "cc_agent": "", "cc_exit_keys": leaveKey + strings.Trim(c.event().Variable("cc_exit_keys"), leaveKey)}
	if w.Priority != 0 {
		all["cc_base_score"] = strconv.Itoa(w.Priority)
	}
	if w.Ringtone != "" {
		all["cc_moh_override"] = w.Ringtone
	}
	if w.Agent != "" {
		all["cc_sticky_agent"] = w.Agent
	}
	if err := c.setAll(ctx, all); err != nil {
		return route.Waited{}, err
	}
	c.waits(queue)
	defer c.waits("")
	waiting, enough := context.WithCancel(ctx)
	defer c.begun("callcenter", func() { w.Meanwhile(waiting) })()
	defer enough()
	m := c.meet(ctx, route.Dial{OnAnswer: func() { enough(); w.Bridged() }})
	e, err := c.s.ExecuteAround(ctx, "callcenter", queue)
	if err == nil && e.Variable("cc_cause") == "answered" {
		c.converse(ctx, m)
	}
	leg, _ := m.end()
	if err != nil {
		return route.Waited{Answered: leg != ""}, hungUp(err)
	}
	c.know(e)
	agent, _, _ := strings.Cut(e.Variable("cc_agent"), "@")
	result := orElse(e.Variable("cc_cause"), "cancel")
	return route.Waited{Answered: leg != "" || result == "answered", Result: result, Agent: agent}, nil
}

// toMeet is how long it may take from an agent's answer until the two talk.
const toMeet = 10 * time.Second

// converse waits until the caller has talked with the agent: mod_callcenter's application is over when that begins.
func (c *Channel) converse(ctx context.Context, m *meeting) {
	late := time.NewTimer(toMeet)
	defer late.Stop()
	select {
	case <-m.talks:
	case <-late.C:
		return
	case <-c.s.HungUp():
		return
	case <-ctx.Done():
		return
	}
	select {
	case <-m.parted:
	case <-c.s.HungUp():
	case <-ctx.Done():
	}
}

// begun has something done when the channel runs an application, unless the function that it returns is called before. That waits for it.
func (c *Channel) begun(app string, do func()) (end func()) {
	watch := c.s.Watch()
	var all sync.WaitGroup
	all.Go(func() {
		for e := range watch.Events() {
			if e.Name() == "CHANNEL_EXECUTE" && e.UUID() == c.s.UUID() && e.Get("Application") == app {
				watch.Close()
				do()
				return
			}
		}
	})
	return func() { watch.Close(); all.Wait() }
}

func (c *Channel) waits(queue string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue = queue
}

var (
	errNoQueue = errors.New("the caller waits in no queue")
	errNoRow   = errors.New("mod_callcenter does not know that the caller waits")
)

func (c *Channel) waitsIn() (queue string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.queue == "" {
		return "", errNoQueue
	}
	return c.queue, nil
}

// LeaveQueue implements route.QueueMember.
func (c *Channel) LeaveQueue(ctx context.Context) error {
	if _, err := c.waitsIn(); err != nil {
		return err
	}
	_, err := c.api(ctx, "uuid_recv_dtmf "+c.s.UUID()+" "+leaveKey)
	return err
}

// QueuePosition implements route.QueueMember.
func (c *Channel) QueuePosition(ctx context.Context) (int, error) {
	queue, err := c.waitsIn()
	if err != nil {
		return 0, err
	}
	for try := range 10 { // it takes mod_callcenter a moment to know
		table, err := c.api(ctx, "callcenter_config queue list members "+queue)
		if err != nil {
			return 0, err
		}
		n, err := position(table, c.s.UUID())
		if err == nil || try == 9 || !errors.Is(err, errNoRow) {
			return n, err
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return 0, err
		}
	}
	return 0, errNoRow
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}

// position finds a caller among those of a queue, as mod_callcenter prints them: names of columns, a caller a line, and who has the highest score
// comes first.
func position(table, uuid string) (int, error) {
	lines := strings.Split(strings.TrimSpace(table), "\n")
	names := strings.Split(lines[0], "|")
	session, state, score := slices.Index(names, "session_uuid"), slices.Index(names, "state"), slices.Index(names, "score")
	if session < 0 || state < 0 || score < 0 {
		return 0, fmt.Errorf("%w: it says %.80q", errNoRow, table)
	}
	var own *int
	var scores []int
	for _, line := range lines[1:] {
		row := strings.Split(line, "|")
		if len(row) != len(names) || row[state] != "Waiting" && row[state] != "Trying" {
			continue
		}
		n, _ := strconv.Atoi(row[score]) // it always is a number
		if row[session] == uuid {
			own = &n
		}
		scores = append(scores, n)
	}
	if own == nil {
		return 0, errNoRow
	}
	place := 1
	for _, n := range scores {
		if n > *own {
			place++
		}
	}
	return place, nil
}
