// Package live runs routing scripts on live calls: it is what a line's calls are controlled by when there are routes for them.
//
// A Router is a bridge.Controller. It begins a script for a call and gives it the call to drive: first with our own sound (package bridge/route
// knows which steps that allows), and from the first step that only FreeSWITCH can do on a channel of FreeSWITCH's, where the call is moved.
// Calls that FreeSWITCH's dialplan hands to us come by Serve. When a call is over, what its script wants done then (onDisconnect) is written
// down, done by Run, and gone on with after a crash. Webhooks has scripts answer web requests, which are no calls.
//
// All methods of Router may be called from several goroutines at once.
package live
