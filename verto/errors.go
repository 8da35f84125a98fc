package verto

import "errors"

// Why a login is refused, by Users.
var (
	// ErrUser: there is no such user, or it may not log in from there.
	ErrUser = errors.New("verto: no such user")
	// ErrPassword: the password is not the user's.
	ErrPassword = errors.New("verto: wrong password")
)

// Why a call cannot be made, or ended.
var (
	// ErrGone: the page is not connected, or has left.
	ErrGone = errors.New("verto: the page is not there")
	// ErrStopped: the server does not run, or no longer.
	ErrStopped = errors.New("verto: the server does not run")
	// ErrTooMany: the user has too many calls, or the server too many connections.
	ErrTooMany = errors.New("verto: too many calls")
	// ErrNoMedia: no connection for sound came about in time, or it was lost for good.
	ErrNoMedia = errors.New("verto: no connection for sound")
	// ErrNoOpus: the page's description of its sound is none that we understand, or has no Opus.
	ErrNoOpus = errors.New("verto: no sound in common")
	// ErrNotReturned: the page was lost and did not come back in time.
	ErrNotReturned = errors.New("verto: the page did not come back")
	// ErrPanic: a function that serves the call has panicked.
	ErrPanic = errors.New("verto: panic")
	// ErrOver: the call is over.
	ErrOver = errors.New("verto: the call is over")
)

// CommandError is why a command was refused, in words for the person who asked.
type CommandError struct {
	Code int    // of JSON-RPC; 0: -32002
	Text string // shown to the person
}

// Error is the text.
func (e *CommandError) Error() string { return e.Text }
