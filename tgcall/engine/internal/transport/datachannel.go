package transport

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/sctp"
)

const (
	// maxText bounds a message of the peer; Telegram's are a few hundred bytes.
	maxText = 64 << 10
	// firstBuffer fits those.
	firstBuffer = 2 << 10
	// sctpMTU leaves room for DTLS in what every path carries.
	sctpMTU = 1191
	// sctpRTOMax in milliseconds: the state of a microphone cannot wait for a minute.
	sctpRTOMax = 4000
	// maxUnsent bytes wait for a peer that takes nothing; then texts are lost.
	maxUnsent = 16 << 10
)

// dataChannel is stream 0 of an SCTP association over DTLS. Its protocol is written by hand: Telegram's callee acknowledges and
// talks before it has seen the OPEN, and the stream's number ignores who is the DTLS client, which RFC 8832 §6 would not.
type dataChannel struct {
	o    Options
	conn *dtls.Conn

	mu     sync.Mutex
	stream *sctp.Stream
	open   bool
}

func newDataChannel(o Options, conn *dtls.Conn) *dataChannel { return &dataChannel{o: o, conn: conn} }

// run keeps the channel and reads the DTLS connection until ctx ends or the peer closes it.
func (d *dataChannel) run(ctx context.Context) error {
	interrupted := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(interrupted)
		d.interrupt()
	})
	defer func() {
		if !stop() {
			<-interrupted
		}
	}()
	for d.resume(ctx) && d.associate(ctx) { // the library gives up after nine INITs; the call does not
	}
	if d.resume(ctx) {
		drain(d.conn)
	}
	return ErrClosed
}

// resume makes the DTLS connection readable again after an association that ended, unless ctx has.
func (d *dataChannel) resume(ctx context.Context) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if ctx.Err() != nil {
		return false
	}
	_ = d.conn.SetReadDeadline(time.Time{})
	return true
}

// interrupt ends whatever run waits for.
func (d *dataChannel) interrupt() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.stream != nil {
		_ = d.stream.SetReadDeadline(past())
	} else {
		_ = d.conn.SetReadDeadline(past())
	}
}

// associate runs one association; true: it did not come to be, try again.
func (d *dataChannel) associate(ctx context.Context) (again bool) {
	app := &application{conn: d.conn}
	defer app.Close()
	// Both sides are active: a crossing INIT is normal (RFC 8261 §6.1).
	assoc, err := sctp.ClientWithOptions(sctp.Config{
		NetConn: app, LoggerFactory: d.o.PionLogs,
		MTU: sctpMTU, RTOMax: sctpRTOMax, MaxReceiveBufferSize: 2 * maxText, MaxMessageSize: maxText,
	}, sctp.WithEnableInterleaving(false))
	if err != nil {
		d.o.Log.Debug("data channel not up", "err", err)
		return !app.over.Load()
	}
	if d.adopt(ctx, assoc) {
		d.read()
	}
	d.leave(ctx, assoc)
	return false
}

// adopt opens the stream, unless it is too late for that.
func (d *dataChannel) adopt(ctx context.Context, assoc *sctp.Association) bool {
	stream, err := assoc.OpenStream(0, sctp.PayloadTypeWebRTCString)
	if err != nil {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if ctx.Err() != nil {
		return false
	}
	d.stream = stream
	if d.o.Opens {
		_, _ = stream.WriteSCTP(openMessage(), sctp.PayloadTypeWebRTCDCEP)
	}
	return true
}

// leave ends the association. The peer learns of it if it is us who go.
func (d *dataChannel) leave(ctx context.Context, assoc *sctp.Association) {
	d.mu.Lock()
	d.stream, d.open = nil, false
	d.mu.Unlock()
	if ctx.Err() != nil {
		assoc.Abort("")
	}
	_ = assoc.Close()
}

func (d *dataChannel) read() {
	buf := make([]byte, firstBuffer)
	for {
		n, kind, err := d.stream.ReadSCTP(buf)
		switch {
		case errors.Is(err, io.ErrShortBuffer) && len(buf) < maxText:
			buf = make([]byte, min(maxText, 4*len(buf))) // the message is still there
		case err != nil:
			return
		default:
			d.take(buf[:n], kind)
		}
	}
}

// take handles one message. Anything but an OPEN says that the peer has the channel open already.
func (d *dataChannel) take(b []byte, kind sctp.PayloadProtocolIdentifier) {
	switch {
	case kind == sctp.PayloadTypeWebRTCDCEP && isOpen(b):
		_, _ = d.stream.WriteSCTP([]byte{dcepAck}, sctp.PayloadTypeWebRTCDCEP)
		d.opened()
	case kind == sctp.PayloadTypeWebRTCDCEP && isAck(b):
		d.opened()
	case kind == sctp.PayloadTypeWebRTCString:
		d.opened()
		d.o.OnText(bytes.Clone(b))
	}
}

func (d *dataChannel) opened() {
	d.mu.Lock()
	first := !d.open
	d.open = true
	d.mu.Unlock()
	if first {
		d.o.OnOpen()
	}
}

func (d *dataChannel) send(text []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open && d.stream.BufferedAmount() < maxUnsent {
		_, _ = d.stream.WriteSCTP(text, sctp.PayloadTypeWebRTCString)
	}
}
