// Package esl talks to FreeSWITCH's event socket, in both directions.
//
// Inbound, we connect to FreeSWITCH: [Dial] makes one [Conn]; a [Client] keeps one up for as long as its Run runs, subscribes again after a gap
// and tells every watch what became of its channel meanwhile. Outbound, FreeSWITCH connects to us for one channel ("socket host:port async full"
// in the dialplan): a [Server] hands each to a function as a [Session].
//
// A [Watch] gives the events of one channel, in order, and can be opened before the channel exists. Its queue is bounded: one that nobody reads
// ends with [ErrOverflow] instead of losing events in silence.
//
// All methods of Conn, Client, Server, Session, Watch and Event may be called concurrently. Any number of commands can be on their way at once;
// FreeSWITCH answers them in order.
//
// Text from outside, such as a caller's name, is made harmless by [Text] before FreeSWITCH sees it: FreeSWITCH runs ${…} wherever it finds it. The
// typed commands ([Commands]) do that themselves.
//
// It implements the protocol of mod_event_socket
// (https://developer.signalwire.com/freeswitch/FreeSWITCH-Explained/Modules/mod_event_socket_1048924/) as FreeSWITCH 1.10 and 1.11 were seen to speak it.
package esl
