package program

import (
	"fmt"
	"strconv"
	"strings"

	"switchgram/bridge/sip"
)

// RTPPorts are the UDP ports for the sound of SIP calls: "14000-14999", two for each call, or "14000", that one and the next for all of them.
// The zero value: any free ones for each call.
type RTPPorts struct {
	Range  sip.PortRange
	Shared bool
}

// UnmarshalText reads "14000-14999" and "14000".
func (r *RTPPorts) UnmarshalText(text []byte) error {
	low, high, isRange := strings.Cut(string(text), "-")
	from, err := strconv.ParseUint(low, 10, 16)
	to := from + 1
	if err == nil && isRange {
		to, err = strconv.ParseUint(high, 10, 16)
	}
	if err != nil || from == 0 || to <= from || to > 65535 {
		return fmt.Errorf("%q: want LOW-HIGH, such as 14000-14999, or one port for all calls, such as 14000", text)
	}
	*r = RTPPorts{Range: sip.PortRange{Low: uint16(from), High: uint16(to)}, Shared: !isRange}
	return nil
}
