package signal

// Candidates are addresses at which the sender can be reached; they trickle in (RFC 8838), one or more a message, with no end
// marker.
type Candidates struct {
	Candidates []Candidate
}

// Candidate is one of them.
type Candidate struct {
	SDPString string // "candidate:1467250027 1 udp 2122260223 192.0.2.10 46243 typ host …": not parsed here
}

type candidatesWire struct {
	Type       string          `json:"@type"`
	Candidates []candidateWire `json:"candidates"`
}

// candidateWire has a field more than Telegram's own engine writes: browsers want to be told the media section.
type candidateWire struct {
	SDPMLineIndex int    `json:"sdpMLineIndex"`
	SDPString     string `json:"sdpString"`
}

func (Candidates) name() string { return "Candidates" }

func (m Candidates) wire() any {
	w := candidatesWire{Type: m.name()}
	w.Candidates = each(m.Candidates, func(c Candidate) candidateWire { return candidateWire{SDPString: c.SDPString} })
	return w
}

func parseCandidates(o *object) Message {
	return Candidates{Candidates: list(o, "candidates", func(o *object) Candidate {
		return Candidate{SDPString: o.text("sdpString")}
	})}
}
