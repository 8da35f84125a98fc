package program

import (
	"fmt"

	"switchgram/bridge"
	"switchgram/bridge/line"
	"switchgram/tgcall/account"
)

// The sides of a line, in events.
const (
	telegramSide = "telegram"
	sipSide      = "sip"
)

// standing tells that calls can go by a line, or cannot any more, when a change of one of its sides has brought that about. A side that ends
// because we do has no error, and is no news.
func (p *Program) standing(name, side string, s SideStatus) {
	_, telegram := p.telegramLine(name)
	_, sip := p.sipLine(name)
	up := telegram && sip
	p.mu.Lock()
	was, known := p.lineUp[name]
	news := up && !was || !up && s.Err != nil && (was || !known)
	if news {
		p.lineUp[name] = up
	}
	p.mu.Unlock()
	if news {
		p.sink.Publish(bridge.NewLineEvent(name, up, bridge.Standing{Side: side, State: s.State}))
	}
}

// missedAway is the event of a call that came while the line was away. Its name says who called when, so that it is the same if we hear of it again.
func missedAway(l *line.Line, m account.Missed) bridge.Event {
	who := m.From
	party := bridge.Party{Username: who.Username, ID: who.ID, FirstName: who.FirstName, LastName: who.LastName}
	if who.Phone != "" {
		party.Phone = "+" + who.Phone
	}
	id := fmt.Sprintf("away-%s-%d-%d", l.Name, who.ID, m.At.Unix())
	from := bridge.Address{Scheme: "tg", User: party.Caller()}
	if party.Phone == "" && party.Username != "" {
		from.User = "@" + party.Username
	}
	return bridge.NewMissed(bridge.CallID(id), l.Name, from, party, l.To, m.At)
}
