// Package sdp is offer and answer of a call's sound (RFC 3264, RFC 8866) as telephones and FreeSWITCH really do it: codecs, digits (RFC 4733), hold,
// packet times, and keys for SRTP (SDES, RFC 4568).
//
// [Parse] reads what the far end says. [Description.Accept] makes [Terms] of its offer, [Description.Accepted] of its answer to ours, and [Local]
// writes our side. Nothing here opens a socket or keeps state; a value may be used by one goroutine at a time. SDP's own grammar is
// github.com/pion/sdp's.
package sdp
