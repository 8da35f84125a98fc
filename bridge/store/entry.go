package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/notify"
)

// entry is one line of the journal: an event with all that is known of it, a notification of none, or the beginning of a run of the program.
//
// The JSON of an event leaves out what others need not know, and that of an outcome cannot be read back: an error has no JSON, and
// causes and faults are words there. A field here hides the one of the same name in what is embedded.
type entry struct {
	Began   time.Time       `json:"began,omitzero"` // of a run: whatever ran before it, runs no longer
	Event   *event          `json:"event,omitempty"`
	Address bridge.Address  `json:"address,omitzero"`
	Party   bridge.Party    `json:"party,omitzero"`
	Outcome *outcome        `json:"outcome,omitempty"`
	Talkers []bridge.Talker `json:"talkers,omitempty"`

	Notification *notify.Notification `json:"notification,omitempty"` // of no event
}

type (
	plain bridge.Event // without methods

	event struct {
		plain
		Cause uint8 `json:"cause,omitempty"`
	}

	outcome struct {
		bridge.Outcome
		Cause uint8
		Fault uint8
		Err   string       `json:",omitempty"`
		Legs  []legOutcome `json:",omitempty"`
	}

	legOutcome struct {
		bridge.LegOutcome
		Cause uint8  `json:",omitempty"`
		Role  uint8  `json:",omitempty"`
		Err   string `json:",omitempty"`
	}
)

// encode writes an event as a line without its end.
func encode(ev bridge.Event) ([]byte, error) {
	e := entry{Event: &event{plain(ev), uint8(ev.Cause)}, Address: ev.Address, Party: ev.Party, Talkers: ev.Talkers}
	if out := ev.Outcome; out != nil {
		e.Outcome = &outcome{Outcome: *out, Cause: uint8(out.Cause), Fault: uint8(out.Fault), Err: text(out.Err)}
		for _, l := range out.Legs {
			e.Outcome.Legs = append(e.Outcome.Legs, legOutcome{LegOutcome: l, Cause: uint8(l.Cause), Role: uint8(l.Role), Err: text(l.Err)})
		}
	}
	line, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("journal: write event: %w", err)
	}
	return line, nil
}

// decode reads what encode wrote.
func decode(line []byte) (e entry, err error) {
	if err := json.Unmarshal(line, &e); err != nil {
		return e, fmt.Errorf("journal: read event: %w", err)
	}
	if e.Event == nil && e.Began.IsZero() && e.Notification == nil {
		return e, errors.New("journal: read event: neither an event nor a notification nor the beginning of a run")
	}
	return e, nil
}

// event is what was encoded; errors have kept their text only.
func (e entry) event() bridge.Event {
	ev := bridge.Event(e.Event.plain)
	ev.Cause, ev.Address, ev.Party, ev.Talkers = bridge.Cause(e.Event.Cause), e.Address, e.Party, e.Talkers
	if e.Outcome != nil {
		out := e.Outcome.Outcome
		out.Cause, out.Fault, out.Err = bridge.Cause(e.Outcome.Cause), bridge.Fault(e.Outcome.Fault), failure(e.Outcome.Err)
		for _, l := range e.Outcome.Legs {
			leg := l.LegOutcome
			leg.Cause, leg.Role, leg.Err = bridge.Cause(l.Cause), bridge.Role(l.Role), failure(l.Err)
			out.Legs = append(out.Legs, leg)
		}
		ev.Outcome = &out
	}
	return ev
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func failure(text string) error {
	if text == "" {
		return nil
	}
	return errors.New(text)
}
