// Package route is a language for what happens to a call: a script is a JSON file, a list of steps. docs/routing.md is its manual.
//
// A Script is made by Parse, strictly: what it does not understand it refuses, with line and column. A Library is all scripts with what
// they refer to. An Engine runs them on calls, which it drives as a Channel, whatever they are made of:
//
//	s, err := e.Begin(ch, "public", number)         // chooses the route
//	ending := e.Run(ctx, ch, s)                      // returns at the script's end, the call's, or when it must move to FreeSWITCH
//	err = e.End(s, how)                              // when the call is over: onDisconnect is due
//	err = e.Afterwards(ctx, s)                       // and done
//
// An ending of kind Moves says that the next step needs FreeSWITCH: the controller takes the call there and runs s, in this process or, by
// State.Save and Load, in another, on a Channel of FreeSWITCH's. End comes once, wherever the call ended; after a crash Afterwards goes
// on with what the Journal has kept. An Engine may run any number of calls at once. Ask runs the script of a web request, which has no
// channel.
package route
