// Package siptest is a small SIP switch on loopback that stands in for FreeSWITCH: in tests, and in the demo a stranger runs. It does
// what a FreeSWITCH with the vanilla configuration was seen to do where that surprises user agents: one contact a user, 403 for a
// wrong password after the challenge, 407 for INVITE, calls to a user that name the dialled number nowhere, the codecs and payload
// types of its offers, digits on payload type 101 only, headers and causes relayed between the legs of a call.
//
// [Start] runs a [Switch]. Its numbers are [Extension] values, its registered users are called through it, and a [Phone] is such a
// user. What calls sound like is a [Sound] that the caller gives, because codecs need cgo; echo and, for G.711, a tone are here.
//
// SIP (RFC 3261, RFC 3264, RFC 3326, RFC 8760) and RTP are the switch's own, not package sip's, so that the two test each other; the
// Phone is package sip's agent. The switch relays RTP and does not transcode. All methods may be called concurrently.
package siptest
