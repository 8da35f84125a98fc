package route

import (
	"time"

	"switchgram/bridge/route/pattern"
)

// Contexts that routes are in.
const (
	Public  = "public"  // calls from outside
	Default = "default" // calls of our own users
	Dialer  = "dialer"  // calls that a dialer makes
	Private = "private" // chosen by nobody but other scripts
)

// Script is a route: what happens to the calls of some numbers. Make one with Parse; it is not changed after.
type Script struct {
	Name      string
	Context   string
	Numbers   []*pattern.Pattern // destinations; in public they are exact
	Order     int                // of patterns in default: lower ones first
	Domain    string             // whose calls; empty: everybody's
	Zone      *time.Location     // nil: the machine's
	Disabled  bool
	Debug     bool
	Variables map[string]string // set before the first step
	File      string
}
