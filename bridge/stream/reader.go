package stream

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strconv"
	"time"
)

// chunk is how many bytes are written at once, about: enough that a busy stream costs few system calls.
const chunk = 32 << 10

// reader is one request that is being answered.
type reader struct {
	s     *Stream
	want  selection
	w     http.ResponseWriter
	c     *http.ResponseController
	begun bool   // place is known
	place int64  // everything as far as that it has
	buf   []byte // to be written
	told  uint64 // events in buf
}

// ServeHTTP implements http.Handler: it tells a reader of events until the reader leaves or Run ends. The parameters are those of docs/events.md.
func (s *Stream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.admit(w, r) {
		return
	}
	want, err := parseSelection(r.URL.RawQuery, r.Header)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	defer s.readers.Add(-1)
	if s.readers.Add(1) > int64(s.o.Readers) {
		w.Header().Set("Retry-After", "60")
		refuse(w, http.StatusServiceUnavailable, "too many readers")
		return
	}
	rd := &reader{s: s, want: want, w: w, c: http.NewResponseController(w)}
	if err := rd.serve(r.Context()); errors.Is(err, os.ErrDeadlineExceeded) {
		s.dropped.Add(1)
		s.o.Log.Info("a reader of events took nothing any more, and is cut off", "from", r.RemoteAddr)
	}
}

// serve tells the reader of events until ctx or Run ends, or it cannot be written to.
func (r *reader) serve(ctx context.Context) error {
	_ = r.c.SetReadDeadline(time.Time{}) // a server's limit for requests would end this one
	h := r.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx.org, proxy_buffering
	r.buf = append(r.buf, "retry: "+strconv.FormatInt(reconnect.Milliseconds(), 10)+"\n\n"...)
	beat := time.NewTicker(r.s.o.Heartbeat)
	defer beat.Stop()
	for {
		more := r.collect(ctx)
		if err := r.write(); err != nil {
			return err
		}
		select {
		case <-more:
		case <-beat.C:
			r.beat()
		case <-r.s.done:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// collect gathers what comes next for the reader, as much as is written at once, and returns what is closed when there is more. While the archive
// cannot be read, which Run tells of, the reader waits: a browser that is refused does not come back.
func (r *reader) collect(ctx context.Context) (more <-chan struct{}) {
	frames, from, held, changed := r.s.tape.after(r.place, bite)
	switch {
	case !r.begun:
		if r.begin(ctx) == nil {
			return r.s.ready
		}
		return changed
	case held && len(frames) == 0:
		return changed
	case !held:
		all, err := r.s.o.Archive.EventsAfter(ctx, r.place, bite)
		if err != nil {
			return changed
		}
		if frames = framesOf(all, time.Time{}); len(frames) == 0 {
			r.place = from // of what was before nothing is left
		}
	}
	r.take(frames)
	return r.s.ready
}

// begin finds where the reader is, and tells it.
func (r *reader) begin(ctx context.Context) error {
	first, last, err := r.s.o.Archive.EventsKept(ctx)
	if err != nil {
		return err
	}
	r.begun = true
	switch after := r.want.after; {
	case after < 0:
		r.place = last
	case after > last || after > 0 && after < first-1:
		r.place = max(first-1, 0)
		r.buf = append(r.buf, gap(after, first)...)
	default:
		r.place = after
	}
	r.buf = append(r.buf, place(r.place)...)
	return nil
}

// beat shows that we are there, and how far the reader has come.
func (r *reader) beat() {
	if r.begun {
		r.buf = append(r.buf, place(r.place)...)
	} else {
		r.buf = append(r.buf, ":\n\n"...)
	}
}

// take adds frames to what is to be written, as far as there is room.
func (r *reader) take(frames []frame) {
	for i := range frames {
		if len(r.buf) >= chunk {
			return
		}
		if r.want.wants(&frames[i]) {
			r.buf = append(r.buf, frames[i].text...)
			r.told++
		}
		r.place = frames[i].id
	}
}

// write sends what was gathered.
func (r *reader) write() error {
	if len(r.buf) == 0 {
		return nil
	}
	if err := r.c.SetWriteDeadline(time.Now().Add(r.s.o.Patience)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := r.w.Write(r.buf); err != nil {
		return err
	}
	r.s.told.Add(r.told)
	r.buf, r.told = r.buf[:0], 0
	return r.c.Flush()
}
