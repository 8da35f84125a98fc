package testnet

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestCourierKeepsTheOrderOfTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		c := newCourier()
		done := make(chan struct{})
		go func() { c.run(ctx); close(done) }()
		var got []string
		note := func(s string) func() { return func() { got = append(got, s) } }
		c.after(3*time.Second, note("last"))
		c.after(time.Second, note("first"))
		c.after(2*time.Second, note("second"))
		c.after(2*time.Second, note("third"))
		c.after(time.Hour, note("never"))

		time.Sleep(time.Minute) // synthetic
		synctest.Wait()
		cancel()
		<-done
		if want := []string{"first", "second", "third", "last"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}
