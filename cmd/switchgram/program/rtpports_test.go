package program_test

import (
	"testing"

	"switchgram/bridge/sip"
	"switchgram/cmd/switchgram/program"
)

func TestPortsForSoundAreARangeOrOneForAll(t *testing.T) {
	for text, want := range map[string]program.RTPPorts{
		"14000-14999": {Range: sip.PortRange{Low: 14000, High: 14999}},
		"14000":       {Range: sip.PortRange{Low: 14000, High: 14001}, Shared: true},
		"14001":       {Range: sip.PortRange{Low: 14001, High: 14002}, Shared: true},
		"65535":       {}, "0": {}, "": {}, "-": {}, "14000-": {}, "14000-14000": {}, "14000-70000": {}, "-1": {}, "x": {},
	} {
		var got program.RTPPorts
		if err := got.UnmarshalText([]byte(text)); (err == nil) != (want != program.RTPPorts{}) || got != want {
			t.Errorf("%q: %+v, %v, want %+v", text, got, err, want)
		}
	}
}
