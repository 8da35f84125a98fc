package route

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"switchgram/bridge"
)

// StateVersion is that of the State this package writes. It reads no other.
const StateVersion = 1

// Phase is how far a call has come.
type Phase string

// The phases.
const (
	Running      Phase = "running"      // the callflow, while the call lives
	Disconnected Phase = "disconnected" // onDisconnect, after it
	Done         Phase = "done"
)

// State is where a call stands in its script: everything that is needed to go on elsewhere or later. It is plain data that JSON carries, to be used by
// nobody else while an Engine has it, but for Save.
type State struct {
	Version   int                 `json:"version"`
	Call      string              `json:"call"`
	Domain    string              `json:"domain,omitempty"`
	Began     time.Time           `json:"began"`
	Phase     Phase               `json:"phase"`
	Entered   []string            `json:"entered"`         // routes in the order they were entered: each one's onDisconnect runs
	Texts     map[string]string   `json:"texts,omitempty"` // by route: the Mark of the script that this call has, which the Journal keeps
	Frames    []Frame             `json:"frames"`          // where it stood when it was last kept, or Run returned; the outermost first
	Facts     map[string]string   `json:"facts"`           // what is known of the call; the script's own variables come first
	Variables map[string]Variable `json:"variables"`
	Captures  []Capture           `json:"captures,omitempty"` // register 0 is the route's pattern
	Exported  []string            `json:"exported,omitempty"` // variables for records and webhooks
	Zone      string              `json:"zone,omitempty"`     // of dates; empty: the route's
	Answered  bool                `json:"answered,omitempty"`
	Talked    time.Time           `json:"talked,omitzero"` // first with somebody; zero: not yet
	Counts    Counts              `json:"counts"`
	Pending   []string            `json:"pending,omitempty"` // routes whose onDisconnect is still to begin
	Starts    int                 `json:"starts,omitempty"`  // of the program at which onDisconnect was gone on with since its last step

	Generation int `json:"generation,omitempty"` // of calls that scripts have made: 1 if the script of a call that came did

	mu      sync.Mutex // against what runs beside the script, and Save
	library *Library   // that the call began with
	due     bool       // one of Entered has an onDisconnect
}

// Frame is one list of steps that is being run.
type Frame struct {
	Route   string              `json:"route"`
	Block   string              `json:"block"`             // path of the list: callflow[3].if.then
	Next    int                 `json:"next"`              // step to run
	Passes  int                 `json:"passes,omitempty"`  // of a while
	Call    bool                `json:"call,omitempty"`    // begun by execute or schema
	Covered map[string]Variable `json:"covered,omitempty"` // what its args hide, to be put back
	Bare    []string            `json:"bare,omitempty"`    // what its args brought, to be taken away

	script *Script // Route, once it was looked for
}

// Variable is a value and who may see it.
type Variable struct {
	Value string `json:"value"`
	Scope Scope  `json:"scope,omitempty"`
}

// Capture is what a pattern found. Groups[0] is all of it; empty: it found nothing.
type Capture struct {
	Groups []string          `json:"groups,omitempty"`
	Named  map[string]string `json:"named,omitempty"`
}

// Counts are what the limits are about.
type Counts struct {
	Steps   int            `json:"steps,omitempty"`
	Own     int            `json:"own,omitempty"` // of these not aside of the call: the same again after a crash
	Jumps   int            `json:"jumps,omitempty"`
	Lines   int            `json:"lines,omitempty"`   // of the log
	Origins int            `json:"origins,omitempty"` // calls made
	Tags    map[string]int `json:"tags,omitempty"`    // jumps to each
	Runs    map[string]int `json:"runs,omitempty"`    // of steps with a limit, by path
}

// Ended is how a call ended, for onDisconnect.
type Ended struct {
	Cause     bridge.Cause
	Word      string // FreeSWITCH's for it where it is no Q.850 cause; empty: Cause's
	By        string // caller, callee, system
	Started   time.Time
	Answered  time.Time // zero: never
	Ended     time.Time
	Bridged   time.Time // first talk with somebody; zero: never
	BridgedTo string
	Missed    bool
	Recording string            // file; empty: none
	Variables map[string]string // more of them, such as all that FreeSWITCH has
}

// Load reads a State that Save wrote.
func Load(data []byte) (*State, error) {
	s := &State{}
	if err := json.Unmarshal(data, s); err != nil {
		return nil, fmt.Errorf("state of a script: %w", err)
	}
	if s.Version != StateVersion {
		return nil, fmt.Errorf("state of a script: version %d, want %d", s.Version, StateVersion)
	}
	if s.Facts == nil {
		s.Facts = map[string]string{}
	}
	if s.Variables == nil {
		s.Variables = map[string]Variable{}
	}
	return s, nil
}

// Save is the State as JSON. It may be called at any time.
func (s *State) Save() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	data, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings and numbers
	}
	return data
}

// Value is what the script has set; empty: nothing.
func (s *State) Value(name string) string { return s.Variables[name].Value }
