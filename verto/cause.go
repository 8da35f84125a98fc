package verto

import (
	"fmt"
	"strings"
)

// Cause is why a call ended: a Q.850 value, and FreeSWITCH's name for it. Names count: FreeSWITCH has causes beyond Q.850, whose numbers
// differ from release to release.
type Cause struct {
	Code int // 1 to 127 in Q.850; 0: only the name is known
	Name string
}

// OriginatorCancel is how FreeSWITCH ends a call that rings when the caller gives up. It is none of Q.850's.
var OriginatorCancel = Cause{487, "ORIGINATOR_CANCEL"}

// The causes that the server ends calls with by itself.
var (
	NormalClearing          = Cause{16, "NORMAL_CLEARING"}
	NoRoute                 = Cause{3, "NO_ROUTE_DESTINATION"}
	Rejected                = Cause{21, "CALL_REJECTED"}
	OutOfOrder              = Cause{27, "DESTINATION_OUT_OF_ORDER"}
	TemporaryFailure        = Cause{41, "NORMAL_TEMPORARY_FAILURE"}
	Congestion              = Cause{42, "SWITCH_CONGESTION"}
	NotAvailable            = Cause{58, "BEARERCAPABILITY_NOTAVAIL"}
	IncompatibleDestination = Cause{88, "INCOMPATIBLE_DESTINATION"}
	InvalidMessage          = Cause{95, "INVALID_MSG_UNSPECIFIED"}
	NotReturned             = Cause{102, "RECOVERY_ON_TIMER_EXPIRE"}
)

// causes are those that pages name by one of number and name alone.
var causes = []Cause{
	NormalClearing, NoRoute, Rejected, OutOfOrder, TemporaryFailure, Congestion, NotAvailable, IncompatibleDestination, InvalidMessage, NotReturned,
	{1, "UNALLOCATED_NUMBER"}, {17, "USER_BUSY"}, {18, "NO_USER_RESPONSE"}, {19, "NO_ANSWER"}, {20, "SUBSCRIBER_ABSENT"},
	{26, "LOSE_RACE"}, {28, "INVALID_NUMBER_FORMAT"}, {31, "NORMAL_UNSPECIFIED"}, {34, "NORMAL_CIRCUIT_CONGESTION"}, {38, "NETWORK_OUT_OF_ORDER"},
	{52, "OUTGOING_CALL_BARRED"}, {54, "INCOMING_CALL_BARRED"}, {63, "SERVICE_UNAVAILABLE"},
	OriginatorCancel, {703, "MANAGER_REQUEST"}, {802, "ALLOTTED_TIMEOUT"},
}

// maxCause is the longest name of a cause that is believed.
const maxCause = 64

// causeOf is the cause that a page gives by name, number or both; nothing is what it means if it gives none.
func causeOf(name string, code int, nothing Cause) Cause {
	if name = strings.ToUpper(name); len(name) > maxCause || strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") != "" {
		name = ""
	}
	for _, c := range causes {
		if name != "" && c.Name == name || name == "" && c.Code == code {
			return c
		}
	}
	if name == "" && code == 0 {
		return nothing
	}
	return Cause{Code: code, Name: name}
}

// String is the name, or else the number.
func (c Cause) String() string {
	if c.Name == "" {
		return fmt.Sprintf("UNKNOWN_%d", c.Code)
	}
	return c.Name
}
