// Package sip is Switchgram's SIP user agent (RFC 3261): it registers with a switch such as FreeSWITCH, places and takes calls, and
// carries their sound as RTP packets without looking inside (RFC 3550, RFC 4733 for digits). Offers and answers follow RFC 3264 and
// what FreeSWITCH really does; loss and round trip are told to and by the far end in RTCP. Sound may be encrypted (SRTP, RFC 3711) with keys that
// go by SDP (SDES, RFC 4568).
//
// [Agent] owns the sockets; everything it does happens while [Agent.Run] runs. [Agent.Register] keeps one registration alive,
// [Agent.Dial] places a call, Options.OnInvite takes one. A call is a [Dialog], and what happens to it are its events. Users who have a
// password may register with the agent in turn, and [Agent.Bindings] says where they are.
//
// All methods of Agent and Dialog may be called concurrently. Transactions, parsing and sockets are github.com/emiago/sipgo's;
// dialogs, authentication, offers and answers, and RTP are ours. Not here: DTLS-SRTP, reliable provisional responses (RFC 3262), strict
// routing.
package sip
