package sip

// direction says which ways sound flows, seen from the one who describes it (RFC 3264 §5.1).
type direction uint8

const (
	inactive direction = 0
	sendonly direction = 1
	recvonly direction = 2
	sendrecv direction = sendonly | recvonly
)

var directions = map[string]direction{"inactive": inactive, "sendonly": sendonly, "recvonly": recvonly, "sendrecv": sendrecv}

// String is the SDP attribute.
func (d direction) String() string {
	return [...]string{"inactive", "sendonly", "recvonly", "sendrecv"}[d&sendrecv]
}

// reverse is the same direction seen from the other end.
func (d direction) reverse() direction {
	return d&sendonly<<1 | d&recvonly>>1
}

func (d direction) sends() bool    { return d&sendonly != 0 }
func (d direction) receives() bool { return d&recvonly != 0 }
