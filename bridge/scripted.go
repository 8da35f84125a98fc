package bridge

import "time"

// Scripted is what a routing script did with a call, with ScriptEnded.
type Scripted struct {
	Routes    []string          `json:"routes"`              // that the call was in, in order
	Steps     []ScriptStep      `json:"steps,omitempty"`     // that were run, in order, at most 200
	More      int               `json:"more,omitempty"`      // steps beyond these
	Variables map[string]string `json:"variables,omitempty"` // that the script has exported
	Switch    bool              `json:"switch,omitempty"`    // part of it ran in FreeSWITCH
}

// ScriptStep is a step of a script, and how it went.
type ScriptStep struct {
	Step    string    `json:"step"` // path: callflow[3].if.then[0]
	At      time.Time `json:"at"`
	Seconds float64   `json:"seconds"` // it took
	Error   string    `json:"error,omitempty"`
}

// NewScriptEnded is the event of a script that is done with a call, and with what was to be done after it; it comes after CallEnded, perhaps in a
// later run of the program. ended is that event, as far as known: Call is.
func NewScriptEnded(ended Event, s Scripted) Event {
	ended.Version, ended.Kind, ended.At, ended.Scripted = EventVersion, ScriptEnded, time.Now(), &s
	ended.Cause, ended.Outcome = 0, nil
	return ended
}
