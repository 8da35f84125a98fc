package bridge

import "time"

// Told is what one of our people is shown, with AgentTold: a page to open, a text, or both.
type Told struct {
	User    string `json:"user"`
	URL     string `json:"url,omitempty"`
	Message string `json:"message,omitempty"`
}

// NewAgentTold is the event of something that a script wants one of our people to be shown, wherever they look. It is of no call.
func NewAgentTold(t Told) Event {
	return Event{Version: EventVersion, Kind: AgentTold, At: time.Now(), Told: &t}
}
