package freeswitch_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"switchgram/bridge/live/freeswitch"
	"switchgram/esl"
	"switchgram/esl/esltest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is a safety net; no test waits so long when things go well.
const patience = time.Minute

// house is a FreeSWITCH whose applications write down what they are to do, with one channel of it.
type house struct {
	t      *testing.T
	ctx    context.Context
	fs     *esltest.Switch
	caller *esltest.Channel

	mu  sync.Mutex
	ran []string // applications with their arguments
}

// drive hands a channel to a script, which is a function, and waits for its end.
func drive(t *testing.T, o freeswitch.Options, script func(h *house, c *freeswitch.Channel, s *esl.Session)) *house {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	fs, err := esltest.Start(esltest.Options{})
	must(t, err)
	t.Cleanup(fs.Close)
	h := &house{t: t, ctx: ctx, fs: fs}
	for _, app := range []string{
		"ring_ready", "pre_answer", "playback", "say", "play_and_get_digits", "flush_dtmf", "bridge", "record_session", "stop_record_session", "record",
		"conference", "callcenter", "export",
	} {
		h.app(app, func(*esltest.Channel, string) {})
	}
	done := make(chan struct{})
	server, err := esl.NewServer(esl.ServerOptions{Address: "127.0.0.1:0", Handle: func(ctx context.Context, s *esl.Session) {
		defer close(done)
		script(h, freeswitch.New(s, o), s)
	}})
	must(t, err)
	var running sync.WaitGroup
	running.Go(func() { must(t, server.Run(ctx)) })
	h.caller = fs.NewChannel(esltest.ChannelOptions{UUID: "a-leg", Incoming: true, Variables: []esltest.Header{{Name: "tg_phone", Value: "+4930"}}})
	must(t, h.caller.Socket(server.Addr().String()))
	select {
	case <-done:
	case <-ctx.Done():
		t.Error("the script did not end")
	}
	cancel()
	running.Wait()
	return h
}

// app is an application that does something after it has been written down.
func (h *house) app(name string, do func(c *esltest.Channel, arg string)) {
	h.fs.HandleApp(name, func(_ context.Context, c *esltest.Channel, arg string) string {
		h.mu.Lock()
		h.ran = append(h.ran, strings.TrimSpace(name+" "+arg))
		h.mu.Unlock()
		do(c, arg)
		return ""
	})
}

// wantRan checks what FreeSWITCH was told to do, in order.
func (h *house) wantRan(want ...string) {
	h.t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if strings.Join(h.ran, "\n") != strings.Join(want, "\n") {
		h.t.Errorf("FreeSWITCH was told\n%s\nwant\n%s", strings.Join(h.ran, "\n"), strings.Join(want, "\n"))
	}
	h.ran = nil
}

// wantVariable checks a variable of the caller's channel.
func (h *house) wantVariable(name, want string) {
	h.t.Helper()
	if got, _ := h.caller.Variable(name); got != want {
		h.t.Errorf("%s is %q, want %q", name, got, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}
