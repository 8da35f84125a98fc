package verto

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Presence is how a user is, in FreeSWITCH's words for the states of a call.
type Presence string

// How users are.
const (
	Free    Presence = "DOWN"
	Calling Presence = "RINGING" // calls somebody, or is called
	Talking Presence = "ACTIVE"
	Holding Presence = "HELD"
)

// PresenceChannel is the channel of how all users are; with a dot and a user's id behind it, of how that one is.
const PresenceChannel = "presence"

// Present tells pages that listen to PresenceChannel, or to the user's, how a user is, if that is new. It says nothing of whom the user talks with. Pages that
// begin to listen are told of those who are not Free.
func (s *Server) Present(user string, how Presence) {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	was := cmp.Or(s.hub.present[user], Free)
	switch how {
	case was:
		return
	case Free:
		delete(s.hub.present, user)
	default:
		s.hub.present[user] = how
	}
	s.spread(PresenceChannel+"."+user, presenceData(user, was, how))
}

func presenceData(user string, was, how Presence) []byte {
	return encode(object{"channelPresenceID": user, "channelCallState": how, "originalChannelCallState": was})
}

func ofPresence(channel string) bool {
	first, _, _ := strings.Cut(channel, ".")
	return first == PresenceChannel
}

// greet begins to tell a page, which has been told that it may listen, what happens; and first, if that is what it listens to, how users are.
func (s *Server) greet(v *Session, channel string) {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	sub := s.hub.channels[channel][v]
	if sub == nil || !sub.quiet {
		return
	}
	sub.quiet = false
	if !ofPresence(channel) {
		return
	}
	for _, user := range slices.Sorted(maps.Keys(s.hub.present)) {
		about, how := PresenceChannel+"."+user, s.hub.present[user]
		if channel == PresenceChannel || channel == about {
			s.tell(v, channel, eventHead(channel, about, presenceData(user, Free, how), nil))
		}
	}
}
