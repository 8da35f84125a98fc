package peer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"switchgram/bridge/leg"
	"switchgram/bridge/media"
	"switchgram/bridge/sound"
	"switchgram/tgcall/engine"
	"switchgram/tgcall/engine/port"
)

// call is the one call: the engine, and what plays into and listens to it.
type call struct {
	engine   *engine.Engine
	stream   media.Stream
	player   *sound.Player
	listener *sound.Listener
	record   *os.File // nil: nothing is recorded
	out      *output
	every    time.Duration // between two audio lines

	cancel context.CancelFunc
	done   chan error
}

// startCall makes the call and runs it until stop.
func startCall(ctx context.Context, c *command, out *output, o Options, p port.Joiner) (*call, error) {
	config, err := c.engineConfig()
	if err != nil {
		return nil, err
	}
	config.Port, config.Loopback, config.Log = p, o.Loopback, o.Log
	config.Send = func(_ context.Context, blob []byte) error {
		out.line(signalingLine{Signaling: blob})
		return nil
	}
	n := &call{out: out, done: make(chan error, 1)}
	if n.every, err = c.audioEvery(); err != nil {
		return nil, err
	}
	if n.engine, err = engine.New(config); err != nil {
		return nil, err
	}
	n.stream = leg.TelegramStream(n.engine)
	if err := n.openSound(c.Play, c.Record); err != nil {
		return nil, err
	}
	ctx, n.cancel = context.WithCancel(ctx)
	out.line(startedLine{Started: c.Version, Outgoing: c.Outgoing})
	go func() { n.done <- n.run(ctx) }()
	return n, nil
}

func (n *call) openSound(play, record string) error {
	if play == "" {
		play = "silence"
	}
	source, err := sound.Parse(play)
	if err != nil {
		return err
	}
	n.player = sound.NewPlayer(source, n.stream)
	var o sound.ListenerOptions
	if record != "" {
		if n.record, err = os.Create(record); err != nil {
			return fmt.Errorf("record: %w", err)
		}
		o.Record = n.record
	}
	n.listener = sound.NewListener(n.stream, o)
	return nil
}

// run lasts until ctx ends. The engine may end before: it is the one who starts us that decides when the call is over.
func (n *call) run(ctx context.Context) error {
	var g errgroup.Group
	g.Go(func() error { return n.player.Run(ctx) })
	g.Go(func() error { return n.listener.Run(ctx) })
	g.Go(func() error { return n.runEngine(ctx) })
	g.Go(func() error { n.reportEvents(); return nil })
	g.Go(func() error { n.reportAudio(ctx); return nil })
	return g.Wait()
}

// runEngine reports what ended the engine before its time.
func (n *call) runEngine(ctx context.Context) error {
	if err := n.engine.Run(ctx); err != nil && !errors.Is(err, engine.ErrNoMedia) { // that was reported as state Failed
		n.out.error(err)
	}
	return nil
}

func (n *call) reportEvents() {
	for ev := range n.engine.Events() {
		switch ev := ev.(type) {
		case engine.StateChanged:
			n.out.line(stateLine{State: ev.State.String()})
		case engine.PairChanged:
			n.out.line(pairLine{Pair: pair{Local: ev.Local, Remote: ev.Remote}})
		case engine.RemoteMedia:
			n.out.line(remoteMediaLine{RemoteMediaState: remoteMediaOf(ev)})
		}
	}
}

func remoteMediaOf(ev engine.RemoteMedia) remoteMedia {
	m := remoteMedia{Audio: "active"}
	if ev.Muted {
		m.Audio = "muted"
	}
	switch ev.Video {
	case "suspended":
		m.Video = 1
	case "active":
		m.Video = 2
	}
	return m
}

func (n *call) reportAudio(ctx context.Context) {
	t := time.NewTicker(n.every)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		s := n.stream.Stats()
		n.out.line(audioLine{Audio: audio{
			PlayedFrames:   s.Received,
			CapturedFrames: s.Sent,
			HeardRMS:       n.listener.Measure(n.every).RMS,
		}})
	}
}

// stop ends the call, waits until all of it is gone, and returns what went wrong with the recording.
func (n *call) stop() error {
	n.cancel()
	err := <-n.done
	if n.record != nil {
		err = errors.Join(err, n.record.Close())
	}
	return err
}
