package siptest

import (
	"fmt"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// message is what requests and responses have in common.
type message interface {
	Contact() *sip.ContactHeader
	Headers() []sip.Header
	GetHeaders(name string) []sip.Header
}

// relayed are a message's headers that FreeSWITCH passes to the other leg of a bridge.
func relayed(m message) (headers []sip.Header) {
	for _, h := range m.Headers() {
		name := strings.ToLower(h.Name())
		if strings.HasPrefix(name, "x-") || name == "reason" || name == "user-to-user" {
			headers = append(headers, sip.NewHeader(h.Name(), h.Value()))
		}
	}
	return headers
}

// reasonOf is the Reason header among others, empty without.
func reasonOf(headers []sip.Header) string {
	for _, h := range headers {
		if strings.EqualFold(h.Name(), "Reason") {
			return h.Value()
		}
	}
	return ""
}

// orNormal adds NORMAL_CLEARING to headers that give no reason.
func orNormal(headers []sip.Header) []sip.Header {
	if reasonOf(headers) != "" {
		return headers
	}
	return append(headers, reason(16))
}

// without drops a header from a list.
func without(headers []sip.Header, name string) (rest []sip.Header) {
	for _, h := range headers {
		if !strings.EqualFold(h.Name(), name) {
			rest = append(rest, h)
		}
	}
	return rest
}

// causeNames are FreeSWITCH's names of the Q.850 causes the switch uses.
var causeNames = map[int]string{
	1: "UNALLOCATED_NUMBER", 3: "NO_ROUTE_DESTINATION", 16: "NORMAL_CLEARING", 17: "USER_BUSY", 18: "NO_USER_RESPONSE",
	19: "NO_ANSWER", 21: "CALL_REJECTED", 31: "NORMAL_UNSPECIFIED", 41: "NORMAL_TEMPORARY_FAILURE", 88: "INCOMPATIBLE_DESTINATION",
	102: "RECOVERY_ON_TIMER_EXPIRE",
}

// causeOf is the Q.850 cause FreeSWITCH makes of a final response.
func causeOf(status int) int {
	switch status {
	case 404:
		return 1
	case 486, 600:
		return 17
	case 480:
		return 18
	case 603, 403:
		return 21
	case 408, 504:
		return 102
	case 488:
		return 88
	case 500, 503:
		return 41
	default:
		return 31
	}
}

// reason is a Reason header (RFC 3326) in FreeSWITCH's words.
func reason(q850 int) sip.Header {
	name, ok := causeNames[q850]
	if !ok {
		name = "NORMAL_UNSPECIFIED"
	}
	return sip.NewHeader("Reason", fmt.Sprintf("Q.850;cause=%d;text=%q", q850, name))
}
