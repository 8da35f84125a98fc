package esl

// Cause is FreeSWITCH's name for why a channel ended, such as "USER_BUSY".
type Cause string

// NormalClearing is the cause of a call that ended as calls do.
const NormalClearing Cause = "NORMAL_CLEARING"

// Q850 returns the cause as ITU-T Q.850 numbers it. FreeSWITCH's own causes, which Q.850 does not have, become the nearest that it has; a
// name that FreeSWITCH does not know becomes 31, "normal, unspecified"; the empty cause is 0.
func (c Cause) Q850() int {
	if n, ok := q850[c]; ok {
		return n
	}
	if c == "" {
		return 0
	}
	return 31
}

// Known reports whether FreeSWITCH has a cause of that name.
func (c Cause) Known() bool {
	_, ok := q850[c]
	return ok
}

var q850 = map[Cause]int{
	"UNALLOCATED_NUMBER":             1,
	"NO_ROUTE_TRANSIT_NET":           2,
	"NO_ROUTE_DESTINATION":           3,
	"CHANNEL_UNACCEPTABLE":           6,
	"CALL_AWARDED_DELIVERED":         7,
	"NORMAL_CLEARING":                16,
	"USER_BUSY":                      17,
	"NO_USER_RESPONSE":               18,
	"NO_ANSWER":                      19,
	"SUBSCRIBER_ABSENT":              20,
	"CALL_REJECTED":                  21,
	"NUMBER_CHANGED":                 22,
	"REDIRECTION_TO_NEW_DESTINATION": 23,
	"EXCHANGE_ROUTING_ERROR":         25,
	"DESTINATION_OUT_OF_ORDER":       27,
	"INVALID_NUMBER_FORMAT":          28,
	"FACILITY_REJECTED":              29,
	"RESPONSE_TO_STATUS_ENQUIRY":     30,
	"NORMAL_UNSPECIFIED":             31,
	"NORMAL_CIRCUIT_CONGESTION":      34,
	"NETWORK_OUT_OF_ORDER":           38,
	"NORMAL_TEMPORARY_FAILURE":       41,
	"SWITCH_CONGESTION":              42,
	"ACCESS_INFO_DISCARDED":          43,
	"REQUESTED_CHAN_UNAVAIL":         44,
	"PRE_EMPTED":                     45,
	"FACILITY_NOT_SUBSCRIBED":        50,
	"OUTGOING_CALL_BARRED":           52,
	"INCOMING_CALL_BARRED":           54,
	"BEARERCAPABILITY_NOTAUTH":       57,
	"BEARERCAPABILITY_NOTAVAIL":      58,
	"SERVICE_UNAVAILABLE":            63,
	"BEARERCAPABILITY_NOTIMPL":       65,
	"CHAN_NOT_IMPLEMENTED":           66,
	"FACILITY_NOT_IMPLEMENTED":       69,
	"SERVICE_NOT_IMPLEMENTED":        79,
	"INVALID_CALL_REFERENCE":         81,
	"INCOMPATIBLE_DESTINATION":       88,
	"INVALID_MSG_UNSPECIFIED":        95,
	"MANDATORY_IE_MISSING":           96,
	"MESSAGE_TYPE_NONEXIST":          97,
	"WRONG_MESSAGE":                  98,
	"IE_NONEXIST":                    99,
	"INVALID_IE_CONTENTS":            100,
	"WRONG_CALL_STATE":               101,
	"RECOVERY_ON_TIMER_EXPIRE":       102,
	"MANDATORY_IE_LENGTH_ERROR":      103,
	"PROTOCOL_ERROR":                 111,
	"INTERWORKING":                   127,

	// FreeSWITCH's own.
	"SUCCESS":                 16,
	"ORIGINATOR_CANCEL":       16,
	"CRASH":                   41,
	"SYSTEM_SHUTDOWN":         41,
	"LOSE_RACE":               26, // answered elsewhere
	"MANAGER_REQUEST":         16,
	"BLIND_TRANSFER":          16,
	"ATTENDED_TRANSFER":       16,
	"ALLOTTED_TIMEOUT":        19,
	"USER_CHALLENGE":          21,
	"MEDIA_TIMEOUT":           41,
	"PICKED_OFF":              26,
	"USER_NOT_REGISTERED":     20,
	"PROGRESS_TIMEOUT":        18,
	"INVALID_GATEWAY":         3,
	"GATEWAY_DOWN":            38,
	"INVALID_URL":             28,
	"INVALID_PROFILE":         3,
	"NO_PICKUP":               19,
	"SRTP_READ_ERROR":         41,
	"BOWOUT":                  16,
	"BUSY_EVERYWHERE":         17,
	"DECLINE":                 21,
	"DOES_NOT_EXIST_ANYWHERE": 1,
	"NOT_ACCEPTABLE":          88,
	"UNWANTED":                21,
	"NO_IDENTITY":             21,
	"BAD_IDENTITY_INFO":       21,
	"UNSUPPORTED_CERTIFICATE": 21,
	"INVALID_IDENTITY":        21,
	"STALE_DATE":              21,
	"REJECT_ALL":              21,
}
