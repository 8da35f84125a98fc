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

// compressors are of type *gzip.Writer. One takes 800 KB to make, and a call needs some ten: to make them anew each time was a fifth of what it cost
// to set a call up.
var compressors = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

// deflate compresses a message as one gzip member.
func deflate(json []byte) []byte {
	var b bytes.Buffer
	w := compressors.Get().(*gzip.Writer)
	defer compressors.Put(w)
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
