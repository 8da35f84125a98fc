package account

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/gotd/td/tg"
)

func call(n int64) delivery {
	return delivery{update: &tg.UpdatePhoneCallSignalingData{PhoneCallID: n}}
}

func message(n int) delivery {
	return delivery{update: &tg.UpdateNewMessage{Pts: n}}
}

// collect subscribes something that notes calls as their number and messages as their number below zero.
func collect(q *queue, got *[]int64) {
	q.subscribe(func(_ context.Context, _ tg.Entities, u tg.UpdateClass) {
		switch u := u.(type) {
		case *tg.UpdatePhoneCallSignalingData:
			*got = append(*got, u.PhoneCallID)
		case *tg.UpdateNewMessage:
			*got = append(*got, -int64(u.Pts))
		}
	})
}

func push(t *testing.T, q *queue, all ...delivery) {
	t.Helper()
	for _, d := range all {
		if err := q.push(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
}

// within runs the queue for as long as f, and until it has nothing to do.
func within(t *testing.T, q *queue, f func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- q.run(ctx) }()
	f()
	synctest.Wait()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestUpdatesWaitForTheFirstSubscriber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, got := newQueue(), []int64(nil)
		within(t, q, func() {
			push(t, q, call(1), call(2), message(3))
			synctest.Wait()
			collect(q, &got)
		})
		if !slices.Equal(got, []int64{1, 2, -3}) {
			t.Errorf("got %v", got)
		}
	})
}

func TestCallsDoNotWaitBehindMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, got := newQueue(), []int64(nil)
		push(t, q, message(1), message(2), call(3))
		collect(q, &got)
		within(t, q, func() {})
		if len(got) != 3 || got[0] != 3 {
			t.Errorf("got %v, want 3 first", got)
		}
	})
}

func TestWithoutSubscriberTheOldestMakeRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, got := newQueue(), []int64(nil)
		for n := range int64(queueSize + 5) {
			push(t, q, call(n))
		}
		collect(q, &got)
		within(t, q, func() {})
		if len(got) != queueSize || got[0] != 5 || got[queueSize-1] != queueSize+4 {
			t.Errorf("got %d from %d to %d", len(got), got[0], got[len(got)-1])
		}
	})
}

func TestAFullQueueHoldsTheSenderAndDropsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, got := newQueue(), []int64(nil)
		collect(q, &got)
		sent := make(chan struct{})
		go func() {
			defer close(sent)
			for n := range int64(2 * queueSize) {
				_ = q.push(t.Context(), call(n))
			}
		}()
		synctest.Wait()
		select {
		case <-sent:
			t.Error("the sender was not held")
		default:
		}
		within(t, q, func() { <-sent })
		for n := range got {
			if got[n] != int64(n) {
				t.Fatalf("%d came as number %d", got[n], n)
			}
		}
		if len(got) != 2*queueSize {
			t.Errorf("%d of %d came", len(got), 2*queueSize)
		}
	})
}

func TestAHeldSenderGivesUpWithItsContext(t *testing.T) {
	q := newQueue()
	q.subscribe(func(context.Context, tg.Entities, tg.UpdateClass) {})
	for n := range int64(queueSize) {
		push(t, q, call(n))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := q.push(ctx, call(0)); err == nil {
		t.Error("pushed into a full queue")
	}
}
