// Package peer runs Switchgram's Telegram call engine for exactly one call, without MTProto: whoever starts it carries the signalling, as
// lines of JSON on its standard input and output. So the engine can be tried against any other implementation, over any network.
//
// docs/peer.md describes the lines.
package peer

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"golang.org/x/sync/errgroup"

	"switchgram/tgcall/engine/port"
	"switchgram/tgcall/signal"
)

const (
	longestLine = 1 << 20
	mostEarly   = 64 // blobs kept before start, as the engine does
)

// Options configure a peer. The zero value is what the program uses.
type Options struct {
	Loopback   bool // gather candidates on loopback, and only there
	OwnSockets bool // do not take media by a port as calls could share it
	Log        *slog.Logger
}

// Run reads commands from in and writes lines to out until the command quit, the end of in, or the end of ctx. A wrong command is answered
// by an error line; Run's error says only that in, out or the port for media failed.
func Run(ctx context.Context, in io.Reader, out io.Writer, o Options) error {
	media, err := openPort(o)
	if err != nil {
		return err
	}
	p := &peer{o: o, out: &output{to: out}}
	serving, served := context.WithCancel(context.WithoutCancel(ctx))
	var group errgroup.Group
	if media != nil {
		p.port = media
		group.Go(func() error { return media.Run(serving) })
	}
	err = p.run(ctx, in)
	served()
	return errors.Join(err, group.Wait(), p.out.failure())
}

// run lasts as long as the call can have media.
func (p *peer) run(ctx context.Context, in io.Reader) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p.out.line(versionsLine{Versions: append(signal.Supported(), "12.0.0", "7.0.0")})
	err := p.obey(ctx, in)
	p.stop()
	return err
}

// obey does what the lines of in say, until the last.
func (p *peer) obey(ctx context.Context, in io.Reader) error {
	lines, failed := readLines(ctx, in)
	for {
		select {
		case <-ctx.Done():
			return nil
		case text, more := <-lines:
			if !more {
				return <-failed
			}
			if p.do(ctx, text) {
				return nil
			}
		}
	}
}

// readLines hands over the lines of in. The reading goroutine ends with in, or at the next line after ctx ended: a read from a
// terminal cannot be interrupted.
func readLines(ctx context.Context, in io.Reader) (<-chan []byte, <-chan error) {
	lines, failed := make(chan []byte), make(chan error, 1)
	go func() {
		defer close(lines)
		s := bufio.NewScanner(in)
		s.Buffer(nil, longestLine)
		for s.Scan() {
			select {
			case lines <- append([]byte(nil), s.Bytes()...):
			case <-ctx.Done():
				return
			}
		}
		failed <- s.Err()
	}()
	return lines, failed
}

// peer is the state of one run; it belongs to Run's goroutine.
type peer struct {
	o     Options
	port  port.Joiner // nil: the call has sockets of its own
	out   *output
	call  *call
	early [][]byte // blobs that came before start
}

// do obeys one line and says whether it was the last.
func (p *peer) do(ctx context.Context, text []byte) (quit bool) {
	var c command
	if err := json.Unmarshal(text, &c); err != nil {
		p.out.error(fmt.Errorf("line is no command: %w", err))
		return false
	}
	switch {
	case c.Signaling != nil:
		p.receive(*c.Signaling)
	case c.Cmd == "start":
		p.start(ctx, &c)
	case c.Cmd == "mute":
		p.mute(c.Value)
	case c.Cmd == "stop":
		p.stop()
		p.out.line(stoppedLine{})
	case c.Cmd == "quit":
		return true
	default:
		p.out.error(fmt.Errorf("unknown cmd %q; known are start, mute, stop, quit", c.Cmd))
	}
	return false
}

func (p *peer) receive(blob []byte) {
	switch {
	case p.call != nil:
		p.call.engine.Receive(blob)
	case len(p.early) < mostEarly:
		p.early = append(p.early, blob)
	}
}

func (p *peer) start(ctx context.Context, c *command) {
	if p.call != nil {
		p.out.error(errors.New("start: the call runs already"))
		return
	}
	var err error
	if p.call, err = startCall(ctx, c, p.out, p.o, p.port); err != nil {
		p.out.error(err)
		return
	}
	for _, blob := range p.early {
		p.call.engine.Receive(blob)
	}
	p.early = nil
}

func (p *peer) mute(on bool) {
	if p.call == nil {
		p.out.error(errors.New("mute: no call runs"))
		return
	}
	p.call.engine.Mute(on)
}

func (p *peer) stop() {
	if p.call == nil {
		return
	}
	if err := p.call.stop(); err != nil {
		p.out.error(err)
	}
	p.call = nil
}
