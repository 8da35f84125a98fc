package esl

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"slices"
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
	head headers
	body string
}

func (f *frame) get(name string) string { return f.head.get(name) }

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
	f := &frame{head: headers{head, make([]header, 0, strings.Count(head, "\n"))}}
	for from := 0; from < len(head); {
		to := from + lineLength(head[from:])
		h, err := cutHeader(head, from, to, verbatim)
		if err != nil {
			return nil, err
		}
		f.head.all = append(f.head.all, h)
		from = to + 1
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
	for _, h := range f.head.all {
		if !h.name.is("Content-Length", f.head.text) {
			continue
		}
		value := h.value.raw(f.head.text)
		if said != "" && value != said {
			return 0, fmt.Errorf("%w: two values of Content-Length: %.20q and %.20q", ErrProtocol, said, value)
		}
		said = value
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
func (f *frame) event() (*Event, error) { return f.eventOf(f.get("Content-Type")) }

func (f *frame) eventOf(kind string) (*Event, error) {
	switch kind {
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
	e := &Event{headers: headers{f.head.text, slices.Clone(f.head.all)}}
	for i := range e.headers.all {
		e.headers.all[i].value.encoding = percent
	}
	return e
}
