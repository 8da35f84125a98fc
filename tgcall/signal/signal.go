// Package signal carries the control messages of a Telegram call between its two engines. Telegram's servers forward opaque
// blobs (phone.sendSignalingData, updatePhoneCallSignalingData); this package says what is in them: JSON messages, encrypted
// with the call's key, in one of several framings that the call's library version chooses. It knows nothing of MTProto, ICE or
// sound.
//
// The main type is Channel; Parse and Encode turn its JSON into Message values and back. All methods of a Channel may be called
// at once; messages are values.
//
// The encryption is the one of https://core.telegram.org/api/end-to-end/voice-calls (MTProto 2.0's key schedule with CTR in
// place of IGE). Telegram publishes the framings and the messages only as the source of its apps. Versions 12 and 13 put them
// into SCTP (RFC 9260) with gzip (RFC 1952).
package signal

import (
	"errors"
	"slices"
)

// KeySize is the length of a call's key in bytes.
const KeySize = 256

// What a Channel refuses.
var (
	ErrVersion = errors.New("signalling: library version not supported")
	ErrKey     = errors.New("signalling: key is not 256 bytes")
	ErrFull    = errors.New("signalling: queue full")
	ErrSize    = errors.New("signalling: size out of bounds")
	ErrMsgKey  = errors.New("signalling: message key differs") // not from this call's peer, or damaged
	ErrReplay  = errors.New("signalling: seen before, or too old")
	ErrFraming = errors.New("signalling: malformed packet")
	ErrCounter = errors.New("signalling: counter exhausted")
	ErrClosed  = errors.New("signalling: channel closed")
)

// supported are the versions worth advertising, best first.
var supported = []string{"13.0.0", "9.0.0", "8.0.0"}

// Supported returns the library versions to advertise, best first. 12.0.0 is spoken but not among them, since apps that have it
// number their relays differently; nor is 7.0.0, which repeats nothing that was lost.
func Supported() []string { return slices.Clone(supported) }

// Known reports whether a Channel can be made for this library version.
func Known(version string) bool {
	_, ok := carriages[version]
	return ok
}

// Ordered reports whether messages come in the order in which the other side sent them. Versions 8.0.0 and 9.0.0 leave that to the other
// side: Telegram's engine repeats what came before in each packet, others do not. noSCTP is that of Options.
func Ordered(version string, noSCTP bool) bool {
	return carriages[version] == carriageSCTP && !noSCTP
}

// carriage is how a version carries its messages.
type carriage uint8

const (
	carriageRaw   carriage = iota // counter and JSON
	carriageAcked                 // acknowledged and repeated
	carriageSCTP                  // counter and gzip, inside SCTP
)

var carriages = map[string]carriage{
	"7.0.0":  carriageRaw,
	"8.0.0":  carriageAcked,
	"9.0.0":  carriageAcked,
	"12.0.0": carriageSCTP,
	"13.0.0": carriageSCTP,
}
