package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"switchgram/bridge/leg"
	"switchgram/bridge/media"
	"switchgram/bridge/sound"
	"switchgram/cmd/switchgram/program"
	"switchgram/tgcall"
	"switchgram/tgcall/account"
)

type callCommand struct {
	configFlag
	Line   string        `short:"l" placeholder:"LINE" help:"Line to call by; may be left out if there is only one."`
	To     string        `short:"t" required:"" placeholder:"WHOM" help:"Whom to call: +number, @username, or *id of somebody met before."`
	Play   string        `short:"p" help:"What to play: silence, sine:HZ, or a WAV, MP3 or Ogg/Opus file, looped." default:"silence"`
	Record string        `short:"r" placeholder:"FILE" help:"WAV file to record what is heard in."`
	For    time.Duration `short:"d" help:"Hang up after talking so long." default:"30s"`
}

// Run places the call and prints what happens, until it is over. If the two never talked, the status is not 0.
func (c *callCommand) Run(ctx context.Context, log *slog.Logger, s surroundings) error {
	source, err := sound.Parse(c.Play)
	if err != nil {
		return fmt.Errorf("play: %w", err)
	}
	login, err := openLogin(c.Config, c.Line, log, s)
	if err != nil {
		return err
	}
	record, err := c.openRecord()
	if err != nil {
		return err
	}
	v := visit{login: login, to: c.To, talk: c.For, source: source, record: record, say: timeline{to: s.out, began: time.Now()}, log: log}
	err = login.Run(ctx, nil, v.run)
	return errors.Join(err, record.Close())
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

// visit is one call that somebody makes from the command line.
type visit struct {
	login  *program.Login
	to     string
	talk   time.Duration
	source sound.Source
	record io.WriteSeeker
	say    timeline
	log    *slog.Logger
}

// run makes the call, and serves the account's calls for as long as it lasts. Calls that come in meanwhile are left to the account's other
// devices.
func (v *visit) run(ctx context.Context, s *account.Session) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	calls := tgcall.New(s.API(), v.login.CallOptions(s))
	s.OnUpdate(calls.Handle)
	var g errgroup.Group
	g.Go(func() error { return calls.Run(ctx) }) // which ends the call if ctx ends first
	g.Go(func() error {
		defer cancel()
		return v.call(ctx, calls, s)
	})
	return g.Wait()
}

func (v *visit) call(ctx context.Context, calls *tgcall.Client, s *account.Session) error {
	person, err := s.Resolve(ctx, v.login.Line.Dialled(v.to))
	if err != nil {
		return fmt.Errorf("call: %w", err)
	}
	v.say.line("calling %s", nameOf(person))
	call, err := calls.Dial(ctx, person.Input())
	if err != nil {
		return fmt.Errorf("call %s: %w", v.to, err)
	}
	return v.follow(call)
}

// follow prints the call's events to its end, and plays and listens while media runs.
func (v *visit) follow(call *tgcall.Call) error {
	ctx, hush := context.WithCancel(context.Background()) // until the call's last event
	defer hush()
	stream := leg.NewTelegram(call, v.login.Line.Name).Media()
	talked := false
	var g errgroup.Group
	for e := range call.Events() {
		v.say.event(call, e)
		if _, ok := e.(tgcall.Connected); ok {
			talked = true
			g.Go(func() error { return v.converse(ctx, call, stream) })
		}
	}
	hush()
	err := g.Wait()
	if !talked {
		err = errors.Join(err, errSilent)
	}
	return err
}

// converse plays and listens until ctx ends, and hangs up when enough was said.
func (v *visit) converse(ctx context.Context, call *tgcall.Call, s media.Stream) error {
	enough := time.AfterFunc(v.talk, func() { _ = call.Discard(ctx, tgcall.Hangup) }) // the call ends all the same
	defer enough.Stop()
	var g errgroup.Group
	g.Go(func() error { return sound.NewPlayer(v.source, s).Run(ctx) })
	g.Go(func() error { return sound.NewListener(s, sound.ListenerOptions{Record: v.record}).Run(ctx) })
	return g.Wait()
}

// timeline prints what happens, and when.
type timeline struct {
	to    io.Writer
	began time.Time
}

func (t timeline) line(format string, args ...any) {
	fmt.Fprintf(t.to, "%7.3f s  %s\n", time.Since(t.began).Seconds(), fmt.Sprintf(format, args...))
}

func (t timeline) event(call *tgcall.Call, e tgcall.Event) {
	switch e := e.(type) {
	case tgcall.Ringing:
		t.line("ringing")
	case tgcall.Accepted:
		emoji := call.Emoji()
		t.line("accepted; version %s, emoji %s", call.Version(), strings.Join(emoji[:], " "))
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
