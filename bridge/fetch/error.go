package fetch

import (
	"errors"
	"net/netip"
	"net/url"
)

// Why a request failed, besides the network.
var (
	// ErrScheme says that the address is neither of http nor of https.
	ErrScheme = errors.New("want an address that begins with http:// or https://")
	// ErrTooLong says that the answer was longer than Options.MaxBody.
	ErrTooLong = errors.New("answer is too long")
	// ErrRedirects says that there were more redirects than Options.Redirects.
	ErrRedirects = errors.New("too many redirects")
	// ErrElsewhere says that a redirect led to another host, which the request does not follow.
	ErrElsewhere = errors.New("redirect to another host")
	// ErrDowngrade says that a redirect led from https to http.
	ErrDowngrade = errors.New("redirect from https to http")
)

// RefusedError says that a name led to an address that is not of the public Internet and was not allowed.
type RefusedError struct {
	Addr netip.Addr
	Why  string // "private", "loopback"
}

// Error names the address, and what to do if it is meant.
func (e *RefusedError) Error() string {
	return "address " + e.Addr.String() + " is " + e.Why + " and not allowed"
}

// Error is a request that failed. Its text shows scheme and host of the URL, and nothing else of it.
type Error struct {
	Where string // "https://hooks.example.org"; empty: the address made no sense
	Err   error
}

// Error says where it went wrong, and what.
func (e *Error) Error() string {
	if e.Where == "" {
		return "fetch: " + e.Err.Error()
	}
	return "fetch " + e.Where + ": " + e.Err.Error()
}

// Unwrap is the error underneath.
func (e *Error) Unwrap() error { return e.Err }

// hide takes the URL out of an error of net/http, which shows it whole.
func hide(where *url.URL, err error) error {
	var detail *url.Error
	if errors.As(err, &detail) {
		err = detail.Err
	}
	return &Error{Where: where.Scheme + "://" + where.Host, Err: err}
}
