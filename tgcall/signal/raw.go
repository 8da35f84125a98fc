package signal

import (
	"context"
	"encoding/binary"
	"log/slog"
	"sync"
)

// Parts of the first four bytes of every plaintext.
const (
	flagSingle  = 1 << 31 // this message is alone in its packet
	flagAck     = 1 << 30 // acknowledge this message
	counterMask = flagAck - 1

	seqSize    = 4
	windowSize = 64 // packets
)

// raw is the simplest framing: a counter and one message, repeated by nobody. Safe for concurrent use.
type raw struct {
	cipher   *cipher
	compress bool
	packer   packer

	mu      sync.Mutex
	counter uint32
	window  window
}

func newRaw(c *cipher, compress bool) *raw {
	return &raw{cipher: c, compress: compress, window: window{size: windowSize}}
}

// seal makes the packet of one message.
func (r *raw) seal(json []byte) ([]byte, error) {
	body := json
	if r.compress {
		body = r.packer.deflate(json)
	}
	if msgKeySize+seqSize+len(body) > maxPacket {
		return nil, ErrSize
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.counter >= counterMask {
		return nil, ErrCounter
	}
	r.counter++
	return r.cipher.seal(append(binary.BigEndian.AppendUint32(nil, r.counter), body...)), nil
}

// open returns the message of a packet.
func (r *raw) open(packet []byte) ([]byte, error) {
	plaintext, err := r.cipher.open(packet)
	if err != nil {
		return nil, err
	}
	if !r.accept(binary.BigEndian.Uint32(plaintext) & counterMask) {
		return nil, ErrReplay
	}
	return inflate(plaintext[seqSize:])
}

func (r *raw) accept(counter uint32) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.window.accept(counter)
}

// rawTransport sends each packet as a blob of its own: version 7.0.0, and 12 and 13 without SCTP.
type rawTransport struct {
	raw *raw
	in  *inbox
	out func([]byte)
	log *slog.Logger
	mu  sync.Mutex // held while receiving
}

func (t *rawTransport) receive(blob []byte) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.in.room() == 0 {
		return ErrFull
	}
	json, err := t.raw.open(blob)
	if err != nil {
		return err
	}
	return t.in.put(json)
}

func (t *rawTransport) run(ctx context.Context, messages <-chan []byte) {
	for {
		select {
		case <-ctx.Done():
			return
		case json := <-messages:
			packet, err := t.raw.seal(json)
			if err != nil {
				t.log.Warn("signalling message not sent", "err", err)
				continue
			}
			t.out(packet)
		}
	}
}

func (t *rawTransport) fits(size int) error { return fitsRaw(size) }

// fitsRaw allows for a message that gzip makes longer instead of shorter.
func fitsRaw(size int) error {
	const overhead = 1 << 10
	if size > maxPacket-overhead {
		return ErrSize
	}
	return nil
}
