package verto

import "strings"

// forMembers tells whether a channel is one of those that only members of a conference may use, whatever Access says.
func forMembers(channel string) bool {
	switch kind, _, _ := strings.Cut(channel, "."); kind {
	case liveChannel, chatChannel, infoChannel, modChannel:
		return true
	default:
		return false
	}
}

// seat lets a page listen to the channels of a conference that a call of its has joined. The ticket tells it again that it is a member.
func (h *hub) seat(c *Call, ticket func(), channels []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tickets[c] = ticket
	may := h.granted[c.session]
	if may == nil {
		may = map[string]int{}
		h.granted[c.session] = may
	}
	for _, channel := range channels {
		may[channel]++
	}
}

// unseat takes that back, and the subscriptions.
func (h *hub) unseat(c *Call, channels []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.tickets, c)
	may := h.granted[c.session]
	for _, channel := range channels {
		if may[channel]--; may[channel] > 0 {
			continue
		}
		delete(may, channel)
		if h.channels[channel][c.session] != nil {
			h.drop(c.session, channel)
		}
	}
	if len(may) == 0 {
		delete(h.granted, c.session)
	}
}

// readmit tells a page that has come back to a call that it is in a conference.
func (h *hub) readmit(c *Call) {
	h.mu.Lock()
	ticket := h.tickets[c]
	h.mu.Unlock()
	if ticket != nil {
		ticket()
	}
}

// grants tells whether a page may listen to a channel as a member.
func (h *hub) grants(v *Session, channel string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.granted[v][channel] > 0
}

// room is the conference whose members speak on the channel; nil: there is none.
func (h *hub) room(channel string) *Conference {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.rooms[channel]
}
