package store

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"
)

// Of two machines that share a PostgreSQL one tells the receiver, of what happened at either; when it is gone, the other does.
func TestTwoMachinesTellEachEventOnce(t *testing.T) {
	received := newCounted()
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if text, err := io.ReadAll(r.Body); err != nil || received.report(text) != nil {
			t.Errorf("the receiver got %q, %v", text, err)
		}
	}))
	defer hook.Close()
	dsn := newDatabase(t)
	var desks []*desk
	var ends []func()
	for range 2 {
		d, err := newDesk(Options{DSN: dsn, Journal: filepath.Join(t.TempDir(), "journal")}, hook.URL)
		must(t, err)
		ctx, cancel := context.WithCancel(context.Background())
		var work sync.WaitGroup
		work.Go(func() { d.run(ctx) })
		end := sync.OnceFunc(func() { cancel(); work.Wait(); must(t, d.store.Close()) })
		t.Cleanup(end)
		desks, ends = append(desks, d), append(ends, end)
	}
	told := func(events int) {
		eventually(t, "everything is told", func() bool { n, _ := received.has(); return n == events })
	}
	for i := range 10 {
		call := annCalls(strconv.Itoa(i))
		call.at = time.Now().Add(-time.Hour)
		call.publish(desks[i%2].store)
	}
	told(40)

	who := 0 // of the two tells
	if told := delivered(desks[1]); told > 0 {
		who = 1
	}
	ends[who]()
	annCalls("after").publish(desks[1-who].store)
	told(44)

	if _, repeats := received.has(); repeats > 0 {
		t.Errorf("%d events were told again", repeats)
	}
}

func delivered(d *desk) (n uint64) {
	for _, s := range d.notifier.Endpoints() {
		n += s.Delivered
	}
	return n
}
