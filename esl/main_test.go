package esl_test

import (
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"

	"switchgram/esl"
	"switchgram/esl/esltest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must come. It is never what is tested.
const patience = time.Minute

func testContext(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func startSwitch(t testing.TB, o esltest.Options) *esltest.Switch {
	t.Helper()
	s, err := esltest.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func dial(t testing.TB, s *esltest.Switch, o esl.Options) *esl.Conn {
	t.Helper()
	if o.Password == "" {
		o.Password = "ClueCon"
	}
	c, err := esl.Dial(testContext(t), s.Addr(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// next returns the watch's next event, which must have that name.
func next(t testing.TB, w *esl.Watch, name string) *esl.Event {
	t.Helper()
	e, err := w.Next(testContext(t))
	if err != nil {
		t.Fatalf("instead of %s: %v", name, err)
	}
	if e.Name() != name {
		t.Fatalf("got %s, want %s", e.Name(), name)
	}
	return e
}

func subscribe(t testing.TB, c *esl.Conn, names ...string) {
	t.Helper()
	if err := c.Subscribe(testContext(t), names...); err != nil {
		t.Fatal(err)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
