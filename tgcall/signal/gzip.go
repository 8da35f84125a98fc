package signal

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"sync"
)

// maxUnpacked is how much a compressed message may hold, in bytes.
const maxUnpacked = 2 << 20

// packer compresses the messages of a call. What it does that with takes 800 KB and is made once for the ten messages or so of a set-up; then nobody
// needs it, and the collector takes it out of the pool.
type packer struct{ pool sync.Pool } // of *gzip.Writer

// deflate compresses a message as one gzip member.
func (p *packer) deflate(json []byte) []byte {
	var b bytes.Buffer
	w, ok := p.pool.Get().(*gzip.Writer)
	if !ok {
		w = gzip.NewWriter(nil)
	}
	defer p.pool.Put(w)
	w.Reset(&b)
	_, _ = w.Write(json) // a Buffer takes everything
	_ = w.Close()
	return b.Bytes()
}

// inflate returns the JSON of a body. Whatever the version, a sender may compress (gzip) or not; Telegram's engine takes zlib
// (RFC 1950) too. JSON starts with neither's mark.
func inflate(body []byte) ([]byte, error) {
	var r io.Reader
	var err error
	switch {
	case bytes.HasPrefix(body, []byte{0x1f, 0x8b}):
		r, err = gzip.NewReader(bytes.NewReader(body))
	case bytes.HasPrefix(body, []byte{0x78, 0x9c}):
		r, err = zlib.NewReader(bytes.NewReader(body))
	default:
		return body, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFraming, err)
	}
	return readAll(r)
}

func readAll(r io.Reader) ([]byte, error) {
	json, err := io.ReadAll(io.LimitReader(r, maxUnpacked+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFraming, err)
	}
	if len(json) > maxUnpacked {
		return nil, fmt.Errorf("unpacked message: %w", ErrSize)
	}
	return json, nil
}
