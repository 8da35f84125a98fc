// Package transport secures the connection of a Telegram call: DTLS 1.2 with the certificates that the signalling announced, SRTP
// keys out of it, and the one data channel in it.
//
// The main type is Transport. New starts nothing, Run owns every goroutine; the other methods may be called at once from any
// goroutine.
//
// It implements RFC 5764 (DTLS-SRTP), RFC 8122 (fingerprints), RFC 7983 (telling packets apart) and RFC 8832 (data channels) over
// RFC 8261 (SCTP over DTLS).
package transport

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"

	"github.com/pion/dtls/v3"
	"github.com/pion/logging"
	"github.com/pion/srtp/v3"
)

// Why Run ends.
var (
	// ErrClosed: the peer said goodbye (close_notify).
	ErrClosed = errors.New("peer closed the connection")
	// ErrFingerprint: the peer's certificate is another than was announced.
	ErrFingerprint = errors.New("certificate does not match the fingerprint")
)

// Media takes what is not DTLS.
type Media interface {
	// Input takes one SRTP or SRTCP packet, which it may overwrite.
	Input(packet []byte)
}

// Options of a Transport. All are required.
type Options struct {
	Conn        net.Conn // whole packets, without STUN; not closed
	Certificate *Certificate
	Remote      Fingerprint // what the peer's certificate must match
	Client      bool        // we begin the handshake
	Opens       bool        // we open the data channel: the caller does, whoever is the client
	Media       Media
	Log         *slog.Logger
	PionLogs    logging.LoggerFactory

	OnKeys func(local, remote *srtp.Context) // the handshake is done
	OnOpen func()                            // the data channel can carry text
	OnText func([]byte)                      // came over the data channel; a copy
}

// Transport is the secured connection of one call.
type Transport struct {
	o       Options
	records *records
	dtls    *dtls.Conn
	channel *dataChannel
	begin   chan struct{}
	once    sync.Once
}

// New prepares the connection.
func New(o Options) (*Transport, error) {
	t := &Transport{o: o, records: newRecords(o.Conn), begin: make(chan struct{})}
	conn, err := t.newDTLS()
	if err != nil {
		return nil, fmt.Errorf("prepare DTLS: %w", err)
	}
	t.dtls = conn
	t.channel = newDataChannel(o, conn)
	if !o.Client {
		t.Begin()
	}
	return t, nil
}

// Begin lets a client start its handshake: there is a path now. A server is always ready.
func (t *Transport) Begin() { t.once.Do(func() { close(t.begin) }) }

// SendText writes to the data channel. Before it is open, and while the peer takes nothing, the text is lost.
func (t *Transport) SendText(text []byte) { t.channel.send(text) }

// Run works until ctx ends (nil), the peer closes the connection (ErrClosed) or the handshake fails (ErrFingerprint, or what DTLS
// says). At the end the peer is told.
func (t *Transport) Run(ctx context.Context) error {
	var reading sync.WaitGroup
	reading.Go(t.read)
	err := t.secure(ctx)
	if err == nil {
		err = t.channel.run(ctx)
	}
	_ = t.dtls.Close() // sends close_notify
	_ = t.records.Close()
	_ = t.o.Conn.SetReadDeadline(past())
	reading.Wait()
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// largestPacket is more than any path carries.
const largestPacket = 2048

// read tells the packets apart by their first byte (RFC 7983 §7) until the connection or its reading is ended.
func (t *Transport) read() {
	buf := make([]byte, largestPacket)
	for {
		n, err := t.o.Conn.Read(buf)
		switch {
		case err == nil:
			t.input(buf[:n])
		case !errors.Is(err, io.ErrShortBuffer): // a packet larger than any of ours is nothing to end for
			return
		}
	}
}

func (t *Transport) input(packet []byte) {
	switch kindOf(packet) {
	case kindDTLS:
		t.records.input(packet)
	case kindMedia:
		t.o.Media.Input(packet)
	}
}

type kind uint8

const (
	kindOther kind = iota
	kindDTLS
	kindMedia
)

// shortest is an RTCP header with an SSRC; nothing shorter is worth a look.
const shortest = 8

func kindOf(packet []byte) kind {
	switch {
	case len(packet) < shortest:
		return kindOther
	case packet[0] >= 20 && packet[0] <= 63:
		return kindDTLS
	case packet[0] >= 128 && packet[0] <= 191:
		return kindMedia
	default:
		return kindOther
	}
}
