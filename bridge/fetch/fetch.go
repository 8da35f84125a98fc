// Package fetch is the HTTP client of scripts and notifications: it asks addresses that others wrote down, and must neither be led
// to what only this machine can reach, nor wait or read for ever.
//
// The main type is Client. New starts nothing; Do may be called from any number of goroutines at once; connections are kept and
// used again until Close.
//
// Addresses that are not of the public Internet are refused after the name was resolved, on every connection, so neither a name
// that resolves to another address the second time nor a redirect leads inside (see Options.Allow). What errors show of a URL is its
// scheme and host: paths and queries hold secrets.
package fetch

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"golang.org/x/time/rate"
)

// What a Client does if nothing else is said.
const (
	DefaultTimeout   = 15 * time.Second
	DefaultMaxBody   = 1 << 20
	DefaultRedirects = 5
	DefaultUserAgent = "Switchgram"
)

// maxHeader is how long the headers of an answer may be, in bytes.
const maxHeader = 64 << 10

// connections to one host, and kept idle in all.
const (
	perHost = 64
	idle    = 256
)

// Options of a Client. The zero value is a safe one.
type Options struct {
	Allow     []netip.Prefix // networks that may be reached though they are not public, such as 192.168.7.0/24
	RootCAs   *x509.CertPool // who may certify servers; nil: those of the system
	Timeout   time.Duration  // for one request with its redirects and the whole answer; 0: DefaultTimeout
	MaxBody   int64          // of an answer, unpacked, in bytes; 0: DefaultMaxBody
	Redirects int            // to follow; 0: DefaultRedirects; less: none, the redirect is the answer
	Hosts     []string       // that alone may be asked: crm.example.org, *.example.org; empty: all
	PerSecond float64        // requests to one host on behalf of one; those that come faster wait for their turn; 0: as many as come
	UserAgent string         // of requests that name none; empty: DefaultUserAgent
}

// Client asks. Make one with New and keep it: it owns connections.
type Client struct {
	opt  Options
	http http.Client
	pace pace
}

// Request is what to ask.
type Request struct {
	Method  string // empty: GET, or POST with a Body
	URL     string // http or https
	Header  http.Header
	Body    []byte
	Timeout time.Duration // shorter than the Client's; 0: the Client's
	For     string        // on whose behalf, for Options.PerSecond

	// Redirects are how many to follow, within the host alone, whatever the Client does with others; 0: as it does.
	Redirects int
}

// Response is a whole answer.
type Response struct {
	Status int // 200 to 599: other answers than success are no errors
	Header http.Header
	Body   []byte
	URL    string // that answered, after redirects; may hold secrets
}

// OK tells whether the status is a success (RFC 9110 §15.3).
func (r *Response) OK() bool { return r.Status >= 200 && r.Status < 300 }

// New makes a Client.
func New(o Options) *Client {
	o.Timeout = cmp.Or(o.Timeout, DefaultTimeout)
	o.MaxBody = cmp.Or(o.MaxBody, DefaultMaxBody)
	o.Redirects = cmp.Or(o.Redirects, DefaultRedirects)
	o.UserAgent = cmp.Or(o.UserAgent, DefaultUserAgent)
	c := &Client{opt: o, pace: pace{perSecond: o.PerSecond, hosts: map[string]*rate.Limiter{}}}
	dialer := net.Dialer{Timeout: o.Timeout, ControlContext: guard(o.Allow).control}
	c.http = http.Client{
		CheckRedirect: c.follow,
		Transport: &http.Transport{
			Proxy:                  nil, // a proxy would resolve names for itself, and reach what we refuse
			DialContext:            dialer.DialContext,
			TLSClientConfig:        &tls.Config{RootCAs: o.RootCAs, MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    o.Timeout,
			MaxIdleConns:           idle,
			MaxIdleConnsPerHost:    perHost,
			MaxConnsPerHost:        perHost,
			IdleConnTimeout:        90 * time.Second,
			MaxResponseHeaderBytes: maxHeader,
			ForceAttemptHTTP2:      true,
		},
	}
	return c
}

// Close gives up the connections that nobody uses. Requests that run go on.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Do sends a request and returns the whole answer, whatever its status. Errors are *Error; errors.Is finds ErrScheme,
// ErrHost, ErrBusy, ErrTooLong, ErrDowngrade and the context's, errors.As *RefusedError.
func (c *Client) Do(ctx context.Context, r Request) (*Response, error) {
	where, err := parse(r.URL)
	if err != nil {
		return nil, err
	}
	if err := c.may(where); err != nil {
		return nil, hide(where, err)
	}
	timeout := c.opt.Timeout
	if r.Timeout > 0 {
		timeout = min(timeout, r.Timeout)
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var answer *Response
	if err = c.pace.wait(ctx, where.Hostname(), r.For); err == nil {
		answer, err = c.do(ctx, where, r)
	}
	if err != nil {
		return nil, hide(where, err)
	}
	return answer, nil
}

func (c *Client) do(ctx context.Context, where *url.URL, r Request) (*Response, error) {
	method := r.Method
	if method == "" && len(r.Body) > 0 {
		method = http.MethodPost
	}
	request, err := http.NewRequestWithContext(ctx, method, where.String(), bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	if r.Header != nil {
		request.Header = r.Header.Clone()
	}
	if host := request.Header.Get("Host"); host != "" {
		request.Host = host // net/http takes it from nowhere else
	}
	if request.Header.Get("User-Agent") == "" {
		request.Header.Set("User-Agent", c.opt.UserAgent)
	}
	client := c.http
	if r.Redirects > 0 {
		client.CheckRedirect = func(next *http.Request, before []*http.Request) error { return c.stay(r.Redirects, next, before) }
	}
	answer, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := c.read(answer.Body)
	if err != nil {
		return nil, err
	}
	return &Response{Status: answer.StatusCode, Header: answer.Header, Body: body, URL: answer.Request.URL.String()}, nil
}

// read takes a body that is no longer than agreed.
func (c *Client) read(from io.Reader) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(from, c.opt.MaxBody+1))
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	if int64(len(body)) > c.opt.MaxBody {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrTooLong, c.opt.MaxBody)
	}
	return body, nil
}

// follow decides about a redirect of a request that leaves that to the Client.
func (c *Client) follow(next *http.Request, before []*http.Request) error {
	if c.opt.Redirects < 0 {
		return http.ErrUseLastResponse
	}
	return c.onward(c.opt.Redirects, next, before)
}

// onward decides about one of so many that may be followed. What was said in confidence over TLS is not repeated in the open.
func (c *Client) onward(most int, next *http.Request, before []*http.Request) error {
	switch {
	case len(before) > most:
		return fmt.Errorf("%w: more than %d", ErrRedirects, most)
	case next.URL.Scheme != "http" && next.URL.Scheme != "https":
		return fmt.Errorf("redirect: %w", ErrScheme)
	case next.URL.Scheme == "http" && before[len(before)-1].URL.Scheme == "https":
		return ErrDowngrade
	}
	if err := c.may(next.URL); err != nil {
		return err
	}
	if next.URL.Host != before[0].URL.Host {
		keepToOneself(next.Header)
	}
	return nil
}

// stay follows so many redirects, within the host.
func (c *Client) stay(most int, next *http.Request, before []*http.Request) error {
	if next.URL.Host != before[0].URL.Host {
		return ErrElsewhere
	}
	return c.onward(most, next, before)
}

// keepToOneself leaves out of a request to another host what may be a secret. net/http knows the usual names of those and not "X-Api-Key".
func keepToOneself(h http.Header) {
	for name := range h {
		switch name {
		case "Accept", "Accept-Language", "Content-Type", "User-Agent":
		default:
			h.Del(name)
		}
	}
}

func parse(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		var detail *url.Error // shows the whole text
		if errors.As(err, &detail) {
			err = detail.Err
		}
		return nil, &Error{Err: fmt.Errorf("address: %w", err)}
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, &Error{Err: ErrScheme}
	}
	return u, nil
}
