package desk

import (
	"cmp"
	"maps"
	"slices"

	"switchgram/bridge"
	"switchgram/verto"
)

// shownPresence are how users can be. Who is in several calls is shown as the last of these that is true.
var shownPresence = []verto.Presence{verto.Free, verto.Calling, verto.Holding, verto.Talking}

// present tells pages how users are, at their pages and telephones.
func (b *board) present(calls []bridge.CallStatus) {
	now := map[string]verto.Presence{}
	for user := range b.busy {
		now[user] = verto.Free
	}
	for _, c := range calls {
		for _, l := range c.Legs {
			if user := userOf(l); user != "" && l.State != bridge.LegEnding {
				now[user] = furthest(now[user], presenceOf(l))
			}
		}
	}
	clear(b.busy)
	for _, user := range slices.Sorted(maps.Keys(now)) {
		b.d.pages.Present(user, now[user])
		if now[user] != verto.Free {
			b.busy[user] = true
		}
	}
}

// userOf is whose leg that is; empty: nobody's of ours.
func userOf(l bridge.LegStatus) string {
	if l.Address.Scheme == "verto" {
		return cmp.Or(l.User, l.Address.User)
	}
	return l.User
}

func presenceOf(l bridge.LegStatus) verto.Presence {
	switch {
	case l.State != bridge.LegUp:
		return verto.Calling
	case l.Held:
		return verto.Holding
	default:
		return verto.Talking
	}
}

func furthest(a, b verto.Presence) verto.Presence {
	return shownPresence[max(0, slices.Index(shownPresence, a), slices.Index(shownPresence, b))]
}
