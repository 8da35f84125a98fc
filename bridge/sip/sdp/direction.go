package sdp

// Direction says which ways sound flows, seen from the one who describes it (RFC 3264 §5.1).
type Direction uint8

// The directions.
const (
	Inactive Direction = 0
	SendOnly Direction = 1
	RecvOnly Direction = 2
	SendRecv Direction = SendOnly | RecvOnly
)

var directions = map[string]Direction{"inactive": Inactive, "sendonly": SendOnly, "recvonly": RecvOnly, "sendrecv": SendRecv}

// String is the SDP attribute.
func (d Direction) String() string {
	return [...]string{"inactive", "sendonly", "recvonly", "sendrecv"}[d&SendRecv]
}

// Reverse is the same direction seen from the other end.
func (d Direction) Reverse() Direction {
	return d&SendOnly<<1 | d&RecvOnly>>1
}

// Sends tells whether the one who describes it sends.
func (d Direction) Sends() bool { return d&SendOnly != 0 }

// Receives tells whether the one who describes it listens.
func (d Direction) Receives() bool { return d&RecvOnly != 0 }
