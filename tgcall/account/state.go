package account

import "fmt"

// StateKind is a stage in the life of an account's connection.
type StateKind uint8

// The stages. Connecting, Up and Down repeat; LoginNeeded and Revoked are the last word of a Run.
const (
	Connecting  StateKind = iota // looking for a server, or shaking hands with it
	Up                           // connected and logged in
	Down                         // the connection was lost, or could not be made; the next attempt follows by itself
	LoginNeeded                  // connected, but nobody is logged in
	Revoked                      // Telegram, or the owner on another device, ended the session
)

// String is the name of the stage in lower case, as a console shows it.
func (k StateKind) String() string {
	switch k {
	case Connecting:
		return "connecting"
	case Up:
		return "up"
	case Down:
		return "down"
	case LoginNeeded:
		return "login needed"
	case Revoked:
		return "revoked"
	default:
		return fmt.Sprintf("StateKind(%d)", uint8(k))
	}
}

// State is what became of an account's connection.
type State struct {
	Kind StateKind
	Err  error  // why, for Down, LoginNeeded and Revoked
	Self Person // who we are, for Up
}

// String is the stage and, where there is one, the reason.
func (s State) String() string {
	if s.Err == nil {
		return s.Kind.String()
	}
	return s.Kind.String() + ": " + s.Err.Error()
}
