package engine

import (
	"encoding/json"
	"fmt"
)

// Names of custom parameters that change what is on the wire. There are others, of local effect, which we need not know.
const (
	noSCTPParameter      = "network_signaling_nosctp"
	standaloneReflectors = "network_standalone_reflectors"
	mtprotoMedia         = "network_use_mtproto"
	kcpSignalling        = "network_kcp_experiment"
)

// refused are experiments of Telegram that we do not take part in: media under the call's key instead of DTLS, and KCP
// instead of SCTP.
var refused = []string{mtprotoMedia, kcpSignalling}

// ParameterError says that a custom parameter of the call asks for something we cannot do.
type ParameterError struct{ Name string }

// Error names the parameter.
func (e *ParameterError) Error() string { return "custom parameter " + e.Name + " is not supported" }

// custom is what the custom parameters mean for us.
type custom struct {
	noSCTP     bool // versions 12 and 13 without SCTP
	standalone bool // both sides know each other's ports at reflectors without being told
}

// parseCustom reads a JSON object. As in Telegram's engine a value other than true, of whatever type, is false.
func parseCustom(text []byte) (custom, error) {
	if len(text) == 0 {
		return custom{}, nil
	}
	var all map[string]any
	if err := json.Unmarshal(text, &all); err != nil {
		return custom{}, fmt.Errorf("custom parameters: %w", err)
	}
	for _, name := range refused {
		if all[name] == true {
			return custom{}, &ParameterError{name}
		}
	}
	return custom{noSCTP: all[noSCTPParameter] == true, standalone: all[standaloneReflectors] == true}, nil
}
