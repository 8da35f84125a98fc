// Package verto is a server of Verto, the protocol by which browsers telephone with FreeSWITCH: JSON-RPC 2.0 over a WebSocket, sound by
// WebRTC. Clients made for FreeSWITCH's mod_verto work against it without a change.
//
// The main types are Server, an http.Handler for the sockets; Session, a page whose user has logged in; and Call, one call of a page. A
// call's sound is Opus, given and taken as RTP packets: the package has no codec. What calls mean (who may dial what, and who is at the
// other end) is decided by who uses the package: Options.OnCall serves a call that a page makes and blocks, as http.Handler does with a
// request, and Session.Dial calls a page. Array is a table that pages watch; Conference is a call of several, as FreeSWITCH's clients know
// one. All methods may be called concurrently.
//
// There is no written standard of Verto. The server follows what FreeSWITCH does
// (https://developer.signalwire.com/freeswitch/FreeSWITCH-Explained/Modules/mod_verto_3964934/) as far as clients depend on it, and departs
// where that would be unsafe:
//
//   - a call belongs to its user; whoever else names it is told that it does not exist,
//   - nothing that a page sends becomes a variable of a call unless its name is in Options.Variables,
//   - the caller's name and number are the user's own, not what the page says,
//   - pages come from Options.Origins, and say who they are within 20 seconds,
//   - wrong passwords make their address and their user wait,
//   - the only commands are Options.Commands.
package verto
