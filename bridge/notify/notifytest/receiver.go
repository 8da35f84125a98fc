// Package notifytest is what notifications are sent to in tests and in the demo: a Receiver of HTTP requests and a MailServer, both on
// loopback. They keep what they get for who asks.
//
// All methods may be called at once.
package notifytest

import (
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"sync"
	"time"
)

// mostKept is how many requests or mails wait for who asks; what comes when there are so many is refused.
const mostKept = 1024

// mostBody is how much of a request or a mail is read, in bytes.
const mostBody = 1 << 20

// Request is what a Receiver got.
type Request struct {
	Method string
	Path   string // with the query
	Header http.Header
	Body   []byte
}

// Answer is what a Receiver says, with status 200.
type Answer struct {
	Header http.Header
	Body   string
}

// Receiver is a small server of HTTP that answers 200 "ok" to everything, as Slack does, unless told otherwise.
type Receiver struct {
	url    string
	server *http.Server
	got    chan Request
	served sync.WaitGroup

	mu    sync.Mutex
	says  map[string]Answer        // by path
	holds map[string]chan struct{} // by path; closed when released
}

// NewReceiver listens, and serves until Close.
func NewReceiver() (*Receiver, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &Receiver{url: "http://" + l.Addr().String(), got: make(chan Request, mostKept), says: map[string]Answer{}, holds: map[string]chan struct{}{}}
	r.server = &http.Server{Handler: http.HandlerFunc(r.take), ReadTimeout: 10 * time.Second}
	r.served.Go(func() { _ = r.server.Serve(l) }) // until Close
	return r, nil
}

func (r *Receiver) take(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, mostBody))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	select {
	case r.got <- Request{Method: req.Method, Path: req.URL.RequestURI(), Header: req.Header, Body: body}:
		a, held := r.answer(req.URL.Path)
		if held != nil {
			select {
			case <-held:
			case <-req.Context().Done():
			}
		}
		maps.Copy(w.Header(), a.Header)
		_, _ = io.WriteString(w, a.Body)
	default:
		http.Error(w, "nobody reads", http.StatusServiceUnavailable)
	}
}

// Say has it answer so to requests of a path from now on.
func (r *Receiver) Say(path string, a Answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.says[path] = a
}

// Hold has requests of a path wait for their answer from now on, until they are released or their client leaves.
func (r *Receiver) Hold(path string) (release func()) {
	held := make(chan struct{})
	r.mu.Lock()
	defer r.mu.Unlock()
	r.holds[path] = held
	return sync.OnceFunc(func() { close(held) })
}

// answer is what is said to requests of a path, and what they wait for; nil: nothing.
func (r *Receiver) answer(path string) (a Answer, held <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a, told := r.says[path]
	if !told {
		a.Body = "ok"
	}
	return a, r.holds[path]
}

// URL is where it is: "http://127.0.0.1:12345".
func (r *Receiver) URL() string { return r.url }

// Next waits for the next request.
func (r *Receiver) Next(ctx context.Context) (Request, error) {
	select {
	case got := <-r.got:
		return got, nil
	case <-ctx.Done():
		return Request{}, errors.Join(errors.New("notifytest: no request came"), ctx.Err())
	}
}

// Unread is how many requests wait for who asks.
func (r *Receiver) Unread() int { return len(r.got) }

// Close ends it.
func (r *Receiver) Close() {
	_ = r.server.Close()
	r.served.Wait()
}
