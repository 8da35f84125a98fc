package signal

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/pion/logging"
	"github.com/pion/sctp"
	"golang.org/x/sync/errgroup"
)

const (
	sctpHeader  = 12
	sctpMaxBlob = 8 << 10 // what the library reads at once
	// sctpRTOMax in milliseconds bounds the first timeout, too, as Telegram's apps of 2026 do. With 30 % of the packets lost calls came
	// up after 3.5 s in the mean with 1000, after 1.7 s so.
	sctpRTOMax     = 400
	sctpMaxMessage = 256 << 10
	sctpUsual      = 4 << 10                // what nearly all messages fit
	sctpPause      = 500 * time.Millisecond // between attempts
)

// castagnoli is SCTP's checksum (RFC 9260 §6.8).
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sctpTransport puts raw packets into an SCTP association whose packets, in the clear, are the blobs: versions 12.0.0 and
// 13.0.0. The caller sends INIT, the callee waits for it; a crossing INIT (RFC 9260 §5.2.1) is the library's business.
type sctpTransport struct {
	raw    *raw
	in     *inbox
	caller bool
	out    func([]byte)
	log    *slog.Logger
	blobs  chan []byte // received
	sent   chan []byte // to go out; full: dropped, since SCTP repeats
	over   atomic.Bool // the peer ended the association
}

func newSCTPTransport(r *raw, in *inbox, caller bool, out func([]byte), log *slog.Logger) *sctpTransport {
	return &sctpTransport{
		raw: r, in: in, caller: caller, out: out, log: log,
		blobs: make(chan []byte, maxBlobs), sent: make(chan []byte, maxBlobs),
	}
}

func (t *sctpTransport) fits(size int) error {
	if t.over.Load() {
		return ErrClosed
	}
	return fitsRaw(size)
}

// receive keeps a blob for the association. What SCTP would silently drop is refused here, with a name.
func (t *sctpTransport) receive(blob []byte) error {
	if t.over.Load() {
		return ErrClosed
	}
	if err := checkSCTP(blob); err != nil {
		return err
	}
	select {
	case t.blobs <- bytes.Clone(blob):
		return nil
	default:
		return ErrFull
	}
}

func checkSCTP(p []byte) error {
	if len(p) < sctpHeader || len(p) > sctpMaxBlob {
		return ErrSize
	}
	sum := crc32.Update(0, castagnoli, p[:8])
	sum = crc32.Update(sum, castagnoli, make([]byte, 4))
	sum = crc32.Update(sum, castagnoli, p[sctpHeader:])
	if binary.LittleEndian.Uint32(p[8:]) != sum {
		return fmt.Errorf("%w: SCTP checksum", ErrFraming)
	}
	return nil
}

// run associates, again and again until it works: the library gives up after nine INITs, about 4 s, and the call does not.
// When the peer ends an association that stood (ABORT), that was the signalling's end; the media may go on.
func (t *sctpTransport) run(ctx context.Context, messages <-chan []byte) {
	var g errgroup.Group
	g.Go(func() error { t.sendBlobs(ctx); return nil })
	for ctx.Err() == nil && !t.associate(ctx, messages) {
		pause(ctx, sctpPause)
	}
	t.over.Store(true)
	_ = g.Wait() // until ctx ends
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

func (t *sctpTransport) sendBlobs(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case blob := <-t.sent:
			t.out(blob)
		}
	}
}

// associate runs one association and reports whether it was established.
func (t *sctpTransport) associate(ctx context.Context, messages <-chan []byte) bool {
	conn := newPipe(t.blobs, t.sent)
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	assoc, err := t.handshake(conn)
	if err != nil {
		t.log.Debug("signalling association not up", "err", err)
		return false
	}
	defer assoc.Close()
	stream, err := assoc.OpenStream(0, sctp.PayloadTypeWebRTCBinary)
	if err != nil {
		t.log.Debug("signalling stream not open", "err", err)
		return false
	}
	t.log.Debug("signalling association up")
	t.carry(ctx, stream, messages)
	return true
}

func (t *sctpTransport) handshake(conn *pipe) (*sctp.Association, error) {
	config := sctp.Config{
		NetConn:        conn,
		LoggerFactory:  &logging.DefaultLoggerFactory{Writer: io.Discard},
		RTOMax:         sctpRTOMax,
		MaxMessageSize: sctpMaxMessage,
	}
	if t.caller {
		return sctp.ClientWithOptions(config, sctp.WithEnableInterleaving(false))
	}
	return sctp.ServerWithOptions(config, sctp.WithEnableInterleaving(false))
}

// carry sends and receives until the association or ctx ends; either ends the reading.
func (t *sctpTransport) carry(ctx context.Context, stream *sctp.Stream, messages <-chan []byte) {
	ctx, cancel := context.WithCancelCause(ctx)
	var g errgroup.Group
	g.Go(func() error { cancel(t.read(ctx, stream)); return nil })
	t.write(ctx, stream, messages)
	t.log.Debug("signalling association over", "err", context.Cause(ctx))
	_ = g.Wait()
}

func (t *sctpTransport) write(ctx context.Context, stream *sctp.Stream, messages <-chan []byte) {
	for {
		select {
		case <-ctx.Done():
			return
		case json := <-messages:
			if err := t.writeMessage(stream, json); err != nil {
				t.log.Warn("signalling message not sent", "err", err)
			}
		}
	}
}

func (t *sctpTransport) writeMessage(stream *sctp.Stream, json []byte) error {
	packet, err := t.raw.seal(json)
	if err != nil {
		return err
	}
	_, err = stream.WriteSCTP(packet, sctp.PayloadTypeWebRTCBinary)
	return err
}

// read takes messages until the association ends, or brings one longer than anything a call needs.
func (t *sctpTransport) read(ctx context.Context, stream *sctp.Stream) error {
	buf := make([]byte, sctpUsual)
	for {
		n, kind, err := stream.ReadSCTP(buf)
		switch {
		case errors.Is(err, io.ErrShortBuffer) && n <= sctpMaxMessage:
			buf = make([]byte, n) // the message is still there
			continue
		case err != nil:
			return err
		}
		if err := t.take(ctx, buf[:n], kind); err != nil {
			t.log.Debug("signalling packet dropped", "err", err)
		}
	}
}

// take waits when the inbox is full: SCTP has acknowledged the message and will not repeat it.
func (t *sctpTransport) take(ctx context.Context, packet []byte, kind sctp.PayloadProtocolIdentifier) error {
	if kind != sctp.PayloadTypeWebRTCBinary && kind != sctp.PayloadTypeWebRTCString {
		return fmt.Errorf("%w: SCTP payload type %d", ErrFraming, kind)
	}
	json, err := t.raw.open(packet)
	if err != nil {
		return err
	}
	return t.in.wait(ctx, json)
}
