package verto

import (
	"context"
	"net/netip"
)

// Users knows who may log in.
type Users interface {
	// Login tells whose name and password these are. ErrUser and ErrPassword refuse; the page is told the same of both. Any other error is
	// ours, is logged, and the page is told that no login is possible now. It may take its time; ctx ends with the page's connection.
	Login(ctx context.Context, l Login) (User, error)
}

// Login is what a page says to log in. All texts are hostile.
type Login struct {
	Name     string // the part before "@", if there is one
	Domain   string // the part after it
	Password string
	Params   map[string]string // loginParams
	Address  netip.Addr        // where it comes from
}

// User is somebody who has logged in.
type User struct {
	ID     string // tells users from each other; pages with the same ID are one person's
	Name   string // shown to those whom the user calls
	Number string // likewise

	// May says what the user may listen to and publish. Nil: nothing, but in conferences.
	May Access
}

// Access is what a user may do on event channels. It is asked each time, on the goroutines of connections, and must not block. It is not asked about
// channels of conferences, which are their members'.
type Access interface {
	MaySubscribe(channel string) bool
	MayBroadcast(channel string) bool
}
