package esl

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
)

const (
	longestHead = 1 << 20  // bytes of a frame's headers; the reply to "connect" is all headers
	longestBody = 16 << 20 // bytes; FreeSWITCH's own limit
	bodyStep    = 64 << 10 // a body is believed in so far before more of it has come
)

// frame is what the event socket sends: headers, a blank line, and a body of Content-Length bytes.
type frame struct {
	head []header
	body string
}

func (f *frame) get(name string) string { return (&Event{headers: f.head}).Get(name) }

// frameReader cuts a stream into frames. Its buffers are used again for every frame; frames are strings of their own.
type frameReader struct {
	r       *bufio.Reader
	scratch []byte
}

func newFrameReader(r io.Reader) *frameReader {
	return &frameReader{r: bufio.NewReaderSize(r, bodyStep)}
}

// next reads one frame. io.EOF means that the stream ended between two frames.
func (r *frameReader) next() (*frame, error) {
	head, err := r.head()
	if err != nil {
		return nil, err
	}
	f := &frame{head: make([]header, 0, strings.Count(head, "\n"))}
	for line := range strings.Lines(head) {
		name, value, err := cutHeader(strings.TrimSuffix(line, "\n"))
		if err != nil {
			return nil, err
		}
		f.head = append(f.head, header{name: name, raw: value})
	}
	n, err := f.length()
	if err != nil || n == 0 {
		return f, err
	}
	f.body, err = r.body(n)
	return f, err
}

// head reads up to the blank line, which it drops. Blank lines before a frame are no frame.
func (r *frameReader) head() (string, error) {
	r.scratch = r.scratch[:0]
	for {
		line, err := r.r.ReadSlice('\n')
		blank := err == nil && len(bytes.TrimRight(line, "\r\n")) == 0
		switch {
		case err != nil && err != bufio.ErrBufferFull:
			return "", r.cut(err, len(line))
		case blank && len(r.scratch) > 0:
			return string(r.scratch), nil
		case blank:
			continue
		case len(r.scratch)+len(line) > longestHead:
			return "", fmt.Errorf("%w: headers of more than %d bytes", ErrProtocol, longestHead)
		}
		r.scratch = append(r.scratch, line...)
	}
}

// cut tells a stream that ended between two frames from one that ended within.
func (r *frameReader) cut(err error, partial int) error {
	if err == io.EOF && len(r.scratch)+partial > 0 {
		return io.ErrUnexpectedEOF
	}
	return err
}

// length is what Content-Length says. Two that disagree would let whoever wrote one of them make up frames.
func (f *frame) length() (n int, err error) {
	said := ""
	for _, h := range f.head {
		if !strings.EqualFold(h.name, "Content-Length") {
			continue
		}
		if said != "" && h.raw != said {
			return 0, fmt.Errorf("%w: two values of Content-Length: %.20q and %.20q", ErrProtocol, said, h.raw)
		}
		said = h.raw
		if n, err = strconv.Atoi(said); err != nil || n < 0 || n > longestBody {
			return 0, fmt.Errorf("%w: Content-Length %.20q", ErrProtocol, said)
		}
	}
	return n, nil
}

func (r *frameReader) body(n int) (string, error) {
	r.scratch = r.scratch[:0]
	for len(r.scratch) < n {
		from := len(r.scratch)
		step := min(n-from, max(bodyStep, from)) // so that a lie costs no more than twice what came
		r.scratch = append(r.scratch, make([]byte, step)...)
		if _, err := io.ReadFull(r.r, r.scratch[from:]); err != nil {
			return "", noEOF(err)
		}
	}
	body := string(r.scratch)
	if cap(r.scratch) > longestHead {
		r.scratch = nil // big ones are rare
	}
	return body, nil
}

func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// event decodes the frame's event, nil if it carries none that we can read.
func (f *frame) event() (*Event, error) {
	switch f.get("Content-Type") {
	case "text/event-json":
		return parseJSON(f.body)
	case "text/event-plain":
		return parsePlain(f.body)
	default:
		return nil, nil
	}
}

// channelData reads the answer to "connect", the one reply whose headers are percent-encoded.
func (f *frame) channelData() *Event {
	e := &Event{headers: make([]header, len(f.head))}
	for i, h := range f.head {
		h.encoding = percent
		e.headers[i] = h
	}
	return e
}
