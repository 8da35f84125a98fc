package bridge

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Cause says how a call or leg ended: a Q.850 cause value (1 to 127). Zero: not ended, or not known.
//
// Everything that is known about causes stands in this file: what each is called, what it becomes in SIP and in Telegram, and
// what theirs become here. Packages of protocols that know a cause hand it over as an error with the method Q850() int.
type Cause uint8

// The causes, with FreeSWITCH's names. LoseRace is the exception: Q.850 calls 26 "non-selected user clearing", for which
// FreeSWITCH has a name but no Q.850 value.
const (
	UnallocatedNumber           Cause = 1
	NoRouteTransitNet           Cause = 2
	NoRouteDestination          Cause = 3
	ChannelUnacceptable         Cause = 6
	CallAwardedDelivered        Cause = 7
	NormalClearing              Cause = 16
	UserBusy                    Cause = 17
	NoUserResponse              Cause = 18
	NoAnswer                    Cause = 19
	SubscriberAbsent            Cause = 20
	CallRejected                Cause = 21
	NumberChanged               Cause = 22
	RedirectionToNewDestination Cause = 23
	ExchangeRoutingError        Cause = 25
	LoseRace                    Cause = 26
	DestinationOutOfOrder       Cause = 27
	InvalidNumberFormat         Cause = 28
	FacilityRejected            Cause = 29
	ResponseToStatusEnquiry     Cause = 30
	NormalUnspecified           Cause = 31
	NormalCircuitCongestion     Cause = 34
	NetworkOutOfOrder           Cause = 38
	NormalTemporaryFailure      Cause = 41
	SwitchCongestion            Cause = 42
	AccessInfoDiscarded         Cause = 43
	RequestedChanUnavail        Cause = 44
	PreEmpted                   Cause = 45
	FacilityNotSubscribed       Cause = 50
	OutgoingCallBarred          Cause = 52
	IncomingCallBarred          Cause = 54
	BearercapabilityNotauth     Cause = 57
	BearercapabilityNotavail    Cause = 58
	ServiceUnavailable          Cause = 63
	BearercapabilityNotimpl     Cause = 65
	ChanNotImplemented          Cause = 66
	FacilityNotImplemented      Cause = 69
	ServiceNotImplemented       Cause = 79
	InvalidCallReference        Cause = 81
	IncompatibleDestination     Cause = 88
	InvalidMsgUnspecified       Cause = 95
	MandatoryIEMissing          Cause = 96
	MessageTypeNonexist         Cause = 97
	WrongMessage                Cause = 98
	IENonexist                  Cause = 99
	InvalidIEContents           Cause = 100
	WrongCallState              Cause = 101
	RecoveryOnTimerExpire       Cause = 102
	MandatoryIELengthError      Cause = 103
	ProtocolError               Cause = 111
	Interworking                Cause = 127
)

// Position is where a leg stood in its call when it ended; Telegram's discard reasons mean something else in each.
type Position uint8

// The positions. A leg is answered once the person at its far end has taken the call, even if media never ran.
const (
	CallerWaiting Position = iota // it called us, and we have not answered
	CalleeWaiting                 // we call it, and it has not answered
	WasAnswered
)

// Discard is a reason for which Telegram ends a call (core.telegram.org/type/PhoneCallDiscardReason).
type Discard uint8

// Telegram's reasons; the one for moving to a conference has no use here.
const (
	DiscardNone Discard = iota // none was given; never sent
	DiscardMissed
	DiscardHangup
	DiscardBusy
	DiscardDisconnect
)

// String is the reason as Telegram's schema spells it.
func (d Discard) String() string {
	return [...]string{"none", "missed", "hangup", "busy", "disconnect"}[min(d, DiscardDisconnect)]
}

type causeRow struct {
	cause   Cause
	name    string     // FreeSWITCH's
	status  int        // SIP status that refuses an INVITE for this cause, as FreeSWITCH does it (RFC 4497 §8.4.1)
	discard [3]Discard // what Telegram is told, by Position
	blame   blame
}

// What Telegram is told comes in four kinds. Before we answered, Busy is what Telegram's own apps send for whatever a person
// or a rule decides; Missed says that nobody came, and Disconnect makes the caller's app say that the call failed. Before they
// answered, giving up is always Missed. In a call it is Hangup, or Disconnect after a failure.
var (
	decided = [3]Discard{DiscardBusy, DiscardMissed, DiscardHangup}
	nobodys = [3]Discard{DiscardMissed, DiscardMissed, DiscardHangup}
	failed  = [3]Discard{DiscardDisconnect, DiscardMissed, DiscardDisconnect}
)

// causes is the table. The statuses are those of mod_sofia, so that a dialplan sees from us what it would see from another
// FreeSWITCH; a Reason header (RFC 3326) carries the cause itself beside them.
var causes = []causeRow{
	{UnallocatedNumber, "UNALLOCATED_NUMBER", 404, decided, dialler},
	{NoRouteTransitNet, "NO_ROUTE_TRANSIT_NET", 404, decided, dialler},
	{NoRouteDestination, "NO_ROUTE_DESTINATION", 404, decided, dialler},
	{ChannelUnacceptable, "CHANNEL_UNACCEPTABLE", 480, failed, network},
	{CallAwardedDelivered, "CALL_AWARDED_DELIVERED", 480, decided, nobody},
	{NormalClearing, "NORMAL_CLEARING", 480, decided, nobody},
	{UserBusy, "USER_BUSY", 486, decided, nobody},
	{NoUserResponse, "NO_USER_RESPONSE", 408, nobodys, nobody},
	{NoAnswer, "NO_ANSWER", 480, nobodys, nobody},
	{SubscriberAbsent, "SUBSCRIBER_ABSENT", 480, nobodys, person},
	{CallRejected, "CALL_REJECTED", 603, decided, nobody},
	{NumberChanged, "NUMBER_CHANGED", 410, decided, dialler},
	{RedirectionToNewDestination, "REDIRECTION_TO_NEW_DESTINATION", 410, decided, nobody},
	{ExchangeRoutingError, "EXCHANGE_ROUTING_ERROR", 483, failed, network},
	{LoseRace, "LOSE_RACE", 480, decided, nobody},
	{DestinationOutOfOrder, "DESTINATION_OUT_OF_ORDER", 502, failed, network},
	{InvalidNumberFormat, "INVALID_NUMBER_FORMAT", 484, decided, dialler},
	{FacilityRejected, "FACILITY_REJECTED", 501, decided, network},
	{ResponseToStatusEnquiry, "RESPONSE_TO_STATUS_ENQUIRY", 480, decided, network},
	{NormalUnspecified, "NORMAL_UNSPECIFIED", 480, decided, nobody},
	{NormalCircuitCongestion, "NORMAL_CIRCUIT_CONGESTION", 503, failed, network},
	{NetworkOutOfOrder, "NETWORK_OUT_OF_ORDER", 503, failed, network},
	{NormalTemporaryFailure, "NORMAL_TEMPORARY_FAILURE", 503, failed, network},
	{SwitchCongestion, "SWITCH_CONGESTION", 503, failed, network},
	{AccessInfoDiscarded, "ACCESS_INFO_DISCARDED", 480, failed, network},
	{RequestedChanUnavail, "REQUESTED_CHAN_UNAVAIL", 503, failed, network},
	{PreEmpted, "PRE_EMPTED", 480, failed, network},
	{FacilityNotSubscribed, "FACILITY_NOT_SUBSCRIBED", 480, decided, network},
	{OutgoingCallBarred, "OUTGOING_CALL_BARRED", 403, decided, dialler},
	{IncomingCallBarred, "INCOMING_CALL_BARRED", 403, decided, dialler},
	{BearercapabilityNotauth, "BEARERCAPABILITY_NOTAUTH", 403, decided, dialler},
	{BearercapabilityNotavail, "BEARERCAPABILITY_NOTAVAIL", 503, failed, network},
	{ServiceUnavailable, "SERVICE_UNAVAILABLE", 480, failed, network},
	{BearercapabilityNotimpl, "BEARERCAPABILITY_NOTIMPL", 488, failed, network},
	{ChanNotImplemented, "CHAN_NOT_IMPLEMENTED", 480, failed, network},
	{FacilityNotImplemented, "FACILITY_NOT_IMPLEMENTED", 501, failed, network},
	{ServiceNotImplemented, "SERVICE_NOT_IMPLEMENTED", 501, failed, network},
	{InvalidCallReference, "INVALID_CALL_REFERENCE", 480, failed, network},
	{IncompatibleDestination, "INCOMPATIBLE_DESTINATION", 488, failed, person},
	{InvalidMsgUnspecified, "INVALID_MSG_UNSPECIFIED", 480, failed, network},
	{MandatoryIEMissing, "MANDATORY_IE_MISSING", 480, failed, network},
	{MessageTypeNonexist, "MESSAGE_TYPE_NONEXIST", 480, failed, network},
	{WrongMessage, "WRONG_MESSAGE", 480, failed, network},
	{IENonexist, "IE_NONEXIST", 480, failed, network},
	{InvalidIEContents, "INVALID_IE_CONTENTS", 480, failed, network},
	{WrongCallState, "WRONG_CALL_STATE", 480, failed, network},
	{RecoveryOnTimerExpire, "RECOVERY_ON_TIMER_EXPIRE", 504, failed, network},
	{MandatoryIELengthError, "MANDATORY_IE_LENGTH_ERROR", 480, failed, network},
	{ProtocolError, "PROTOCOL_ERROR", 480, failed, ourself},
	{Interworking, "INTERWORKING", 480, failed, network},
}

// sipCauses are the causes of the statuses with which a peer refuses, as mod_sofia reads them. RFC 3398 §7.2.4.1 differs in
// 403 (57), 480 (18, as here), 485 and 604 (1), 502 (38), 600 (17), 606 (58): where the two disagree, FreeSWITCH is our peer.
var sipCauses = map[int]Cause{
	400: NormalTemporaryFailure, 401: CallRejected, 402: CallRejected, 403: CallRejected, 404: UnallocatedNumber,
	405: ServiceUnavailable, 406: ServiceNotImplemented, 407: CallRejected, 408: RecoveryOnTimerExpire, 410: NumberChanged,
	413: Interworking, 414: Interworking, 415: ServiceNotImplemented, 416: Interworking, 420: Interworking, 421: Interworking,
	423: Interworking, 480: NoUserResponse, 481: NormalTemporaryFailure, 482: ExchangeRoutingError, 483: ExchangeRoutingError,
	484: InvalidNumberFormat, 485: NoRouteDestination, 486: UserBusy,
	487: NormalClearing, // FreeSWITCH's ORIGINATOR_CANCEL is no Q.850 value; who cancelled was the one who called
	488: IncompatibleDestination, 500: NormalTemporaryFailure, 501: ServiceNotImplemented, 502: NetworkOutOfOrder,
	503: NormalTemporaryFailure, 504: RecoveryOnTimerExpire, 505: Interworking, 513: Interworking,
	600: UserBusy, 603: CallRejected, 604: NoRouteDestination, 606: IncompatibleDestination,
	607: CallRejected, 608: CallRejected, // RFC 8197, RFC 8688: unwanted
}

// discardCauses are the causes of the reasons Telegram gives, by Position.
var discardCauses = map[Discard][3]Cause{
	DiscardNone:   {NormalClearing, NormalUnspecified, NormalUnspecified},
	DiscardMissed: {NormalClearing, NoAnswer, NormalClearing}, // the caller gave up; our ring timer; odd, but over
	DiscardHangup: {NormalClearing, CallRejected, NormalClearing},
	// A caller does not say Busy: another device of our account declined. Declined and busy cannot be told apart at a callee.
	DiscardBusy:       {LoseRace, UserBusy, NormalClearing},
	DiscardDisconnect: {NormalClearing, NormalTemporaryFailure, NormalTemporaryFailure},
}

// rpcCauses are the causes of Telegram's errors. A privacy setting is CALL_REJECTED (603, as FreeSWITCH reads 403 too), not
// BEARERCAPABILITY_NOTAUTH: dialplans take the first as the callee's own and final no, the second as a fault of the trunk that
// makes them try the next.
var rpcCauses = map[string]Cause{
	"USER_PRIVACY_RESTRICTED":            CallRejected,
	"USER_IS_BLOCKED":                    CallRejected,
	"PARTICIPANT_VERSION_OUTDATED":       IncompatibleDestination,
	"CALL_PROTOCOL_COMPAT_LAYER_INVALID": IncompatibleDestination,
	"CALL_PROTOCOL_FLAGS_INVALID":        ProtocolError,
	"CALL_PROTOCOL_LAYER_INVALID":        ProtocolError,
	"USER_ID_INVALID":                    UnallocatedNumber,
	"PEER_ID_INVALID":                    UnallocatedNumber,
	"INPUT_USER_DEACTIVATED":             UnallocatedNumber,
	"PHONE_NOT_OCCUPIED":                 UnallocatedNumber,
	"USERNAME_NOT_OCCUPIED":              UnallocatedNumber,
	"USERNAME_INVALID":                   InvalidNumberFormat,
	"PHONE_NUMBER_INVALID":               InvalidNumberFormat,
	"RANDOM_ID_DUPLICATE":                NormalTemporaryFailure,
	"PARTICIPANT_CALL_FAILED":            NormalTemporaryFailure,
	"CALL_PEER_INVALID":                  NormalTemporaryFailure,
	"CALL_NOT_ACTIVE":                    NormalTemporaryFailure,
	"FLOOD_WAIT":                         SwitchCongestion, // 503, with Retry-After
	"FLOOD_PREMIUM_WAIT":                 SwitchCongestion,
	"PEER_FLOOD":                         SwitchCongestion,
	"CALL_ALREADY_ACCEPTED":              LoseRace, // by another device of the account
	"CALL_ALREADY_DECLINED":              LoseRace,
	"CALL_OCCUPY_FAILED":                 UserBusy,
	"AUTH_KEY_UNREGISTERED":              DestinationOutOfOrder, // the line's account is not logged in
	"AUTH_KEY_INVALID":                   DestinationOutOfOrder,
	"AUTH_KEY_DUPLICATED":                DestinationOutOfOrder,
	"SESSION_REVOKED":                    DestinationOutOfOrder,
	"SESSION_EXPIRED":                    DestinationOutOfOrder,
	"USER_DEACTIVATED":                   DestinationOutOfOrder,
	"USER_DEACTIVATED_BAN":               DestinationOutOfOrder,
	"TIMEOUT":                            RecoveryOnTimerExpire,
}

func (c Cause) row() (causeRow, bool) {
	for _, r := range causes {
		if r.cause == c {
			return r, true
		}
	}
	return causeRow{cause: c, status: 480, discard: decided}, false
}

// String is FreeSWITCH's name: "USER_BUSY"; "UNKNOWN_77" for a value that has none, and "NONE" for zero.
func (c Cause) String() string {
	if r, ok := c.row(); ok {
		return r.name
	}
	if c == 0 {
		return "NONE"
	}
	return fmt.Sprintf("UNKNOWN_%d", uint8(c))
}

// MarshalText writes FreeSWITCH's name.
func (c Cause) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (c *Cause) UnmarshalText(text []byte) error {
	parsed, err := ParseCause(string(text))
	*c = parsed
	return err
}

// ParseCause reads a name of FreeSWITCH's, in any case. The error names the text.
func ParseCause(name string) (Cause, error) {
	for _, r := range causes {
		if strings.EqualFold(r.name, name) {
			return r.cause, nil
		}
	}
	return 0, fmt.Errorf("cause %q: not one of FreeSWITCH's names", name)
}

// SIPStatus is the final status (300 to 699) that refuses an INVITE for this cause.
func (c Cause) SIPStatus() int {
	r, _ := c.row()
	return r.status
}

// Discard is what Telegram is told when a leg in the position is ended for this cause.
func (c Cause) Discard(p Position) Discard {
	r, _ := c.row()
	return r.discard[min(p, WasAnswered)]
}

// CauseOfSIP is the cause of a final SIP status without a Reason header. Unknown ones count as the x00 of their class
// (RFC 3261 §8.1.3.2), and redirections as such.
func CauseOfSIP(status int) Cause {
	switch cause, ok := sipCauses[status]; {
	case ok:
		return cause
	case status < 300:
		return NormalClearing
	case status < 400:
		return RedirectionToNewDestination
	case status >= 600:
		return sipCauses[600]
	default:
		return NormalTemporaryFailure
	}
}

// CauseOfDiscard is what a reason means that Telegram gives for a leg in the position.
func CauseOfDiscard(d Discard, p Position) Cause {
	return discardCauses[min(d, DiscardDisconnect)][min(p, WasAnswered)]
}

// CauseOfTelegram is the cause of an error of Telegram's API by its type, without argument: "FLOOD_WAIT", "USER_IS_BLOCKED".
func CauseOfTelegram(errorType string) Cause {
	if cause, ok := rpcCauses[errorType]; ok {
		return cause
	}
	return NormalTemporaryFailure
}

// CauseOf is the cause of an error: what its Q850 method says if it has one that knows; of a deadline RecoveryOnTimerExpire, of a
// cancelled context NormalClearing, of anything else NormalTemporaryFailure. Nil has none.
func CauseOf(err error) Cause {
	var q interface{ Q850() int }
	switch {
	case err == nil:
		return 0
	case errors.As(err, &q) && q.Q850() != 0:
		return CauseOfQ850(q.Q850())
	case errors.Is(err, context.DeadlineExceeded):
		return RecoveryOnTimerExpire
	case errors.Is(err, context.Canceled):
		return NormalClearing
	default:
		return NormalTemporaryFailure
	}
}

// CauseOfQ850 is the cause of a number that somebody else names; out of 1 to 127 it is NormalUnspecified.
func CauseOfQ850(value int) Cause {
	if value < 1 || value > 127 {
		return NormalUnspecified
	}
	return Cause(value)
}
