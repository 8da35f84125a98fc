package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"switchgram/bridge/leg"
	"switchgram/bridge/sound"
	"switchgram/cmd/switchgram/program"
	"switchgram/tgcall"
	"switchgram/tgcall/account"
)

type callCommand struct {
	configFlag
	Line   string        `short:"l" help:"Line to call by; may be left out if there is only one."`
	To     string        `short:"t" required:"" help:"Whom to call: +number, @username, or *id of somebody met before."`
	Play   string        `short:"p" help:"What to play: sine:HZ, silence, or a mono 16-bit WAV file, looped." default:"silence"`
	Record string        `short:"r" help:"WAV file to record what is heard in." type:"path"`
	For    time.Duration `short:"d" help:"Hang up after talking so long." default:"30s"`
}

// Run places the call and prints what happens, until it is over.
func (c *callCommand) Run(ctx context.Context, log *slog.Logger) error {
	config, err := program.Load(c.Config)
	if err != nil {
		return err
	}
	source, err := sound.Parse(c.Play)
	if err != nil {
		return err
	}
	options, err := config.AccountOptions(c.Line, log)
	if err != nil {
		return err
	}
	a, err := account.New(options)
	if err != nil {
		return err
	}
	return a.Run(ctx, func(ctx context.Context, s *account.Session) error {
		return c.runCalls(ctx, s, source, log)
	})
}

// runCalls runs the account's calls for as long as ours lasts. Calls that come in meanwhile are left to the account's other devices.
func (c *callCommand) runCalls(ctx context.Context, s *account.Session, source sound.Source, log *slog.Logger) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	calls := tgcall.New(s.API(), tgcall.Options{Self: s.Self().ID, Log: log})
	s.OnUpdate(calls.Handle)
	var g errgroup.Group
	g.Go(func() error { return calls.Run(ctx) })
	g.Go(func() error {
		defer cancel()
		return c.call(ctx, calls, s, source)
	})
	return g.Wait()
}

func (c *callCommand) call(ctx context.Context, calls *tgcall.Client, s *account.Session, source sound.Source) error {
	person, err := s.Resolve(ctx, c.To)
	if err != nil {
		return fmt.Errorf("call %s: %w", c.To, err)
	}
	say := timeline{started: time.Now()}
	say.line("calling %s", printable(person.FirstName+" "+person.LastName))
	call, err := calls.Dial(ctx, person.Input())
	if err != nil {
		return fmt.Errorf("call %s: %w", c.To, err)
	}
	defer context.AfterFunc(ctx, func() { hangup(call) })()
	return c.follow(call, source, say)
}

// follow prints the call's events to its end, and plays and listens while media runs.
func (c *callCommand) follow(call *tgcall.Call, source sound.Source, say timeline) error {
	record, err := c.openRecord()
	if err != nil {
		hangup(call)
		return err
	}
	ctx, hush := context.WithCancel(context.Background()) // until the call's last event
	defer hush()
	stream := leg.NewTelegram(call, c.Line).Media()
	listener := sound.NewListener(stream, sound.ListenerOptions{Record: record})
	talk := time.AfterFunc(c.For, func() { hangup(call) })
	defer talk.Stop()
	var g errgroup.Group
	for e := range call.Events() {
		say.event(call, e)
		if _, ok := e.(tgcall.Connected); ok {
			talk.Reset(c.For)
			g.Go(func() error { return sound.NewPlayer(source, stream).Run(ctx) })
			g.Go(func() error { return listener.Run(ctx) })
		}
	}
	hush()
	return errors.Join(g.Wait(), record.Close())
}

// openRecord opens what the recording goes to: nowhere, if none was asked for.
func (c *callCommand) openRecord() (*os.File, error) {
	if c.Record == "" {
		return os.OpenFile(os.DevNull, os.O_RDWR, 0)
	}
	f, err := os.OpenFile(c.Record, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	return f, nil
}

func hangup(call *tgcall.Call) { _ = call.Discard(context.Background(), tgcall.Hangup) } // bounded by itself

// timeline prints what happens, and when.
type timeline struct{ started time.Time }

func (t timeline) line(format string, args ...any) {
	fmt.Printf("%7.3f s  %s\n", time.Since(t.started).Seconds(), fmt.Sprintf(format, args...))
}

func (t timeline) event(call *tgcall.Call, e tgcall.Event) {
	switch e := e.(type) {
	case tgcall.Ringing:
		t.line("ringing")
	case tgcall.Accepted:
		t.line("accepted; version %s, emoji %s", call.Version(), strings.Join(emoji(call), " "))
	case tgcall.Connected:
		t.line("connected")
	case tgcall.PairChanged:
		t.line("path: %s-%s", e.Local, e.Remote)
	case tgcall.Reconnecting:
		t.line("connection lost, waiting for it to come back")
	case tgcall.Reconnected:
		t.line("connection is back")
	case tgcall.RemoteMuted:
		t.line("microphone of the other side: %s", map[bool]string{true: "off", false: "on"}[e.On])
	case tgcall.Ended:
		s := call.Stats()
		t.line("ended: %v; heard %d packets, lost %d, sent %d", e.Err, s.Received, s.Lost, s.Sent)
	}
}

func emoji(call *tgcall.Call) []string { e := call.Emoji(); return e[:] }
