package verto

import (
	"context"
	"fmt"
	"sync"
)

// Conference is a call of several that pages take part in, as they know it from FreeSWITCH's mod_conference: a live array of who is in it, a channel
// to chat on, and one for moderators. Only members may use these channels, as long as they are members. Make it with Server.NewConference.
type Conference struct {
	s      *Server
	name   string
	domain string
	order  func(context.Context, *Session, Order) error
	array  *Array

	mu      sync.Mutex
	members []*member // in order of arrival
	last    int       // the number of the one who came last
	floor   *member   // who spoke last; nil: nobody is there
	closed  bool
}

// ConferenceOptions are those of a Conference. The zero value has nobody moderated.
type ConferenceOptions struct {
	// Domain stands behind the name of the conference in those of its channels; empty: "switchgram".
	Domain string

	// Order does what a moderator wants of a member. It may take its time; ctx ends with the page's connection. A *CommandError is told to the
	// moderators; any other error only says that it failed. Nil: nothing can be done.
	Order func(ctx context.Context, by *Session, o Order) error
}

// Member is somebody in a conference.
type Member struct {
	Key          string // tells members of a conference apart; shown to nobody
	Call         *Call  // the page's; nil: no page is there
	Moderator    bool   // the page may give orders; does not change
	Name, Number string
	Codec        string // and its rate: opus@48000

	Muted   bool // nobody hears what is said there
	Deaf    bool // nothing is heard there
	Held    bool
	Talking bool
	Energy  int // how loud, from 0 to 32767
	Volume  int // see Order
}

// member is one as the conference knows it.
type member struct {
	Member
	id int
}

// conferenceChannels are the kinds of a conference's channels, as their names begin.
const (
	liveChannel = "conference-liveArray"
	chatChannel = "conference-chat"
	infoChannel = "conference-info"
	modChannel  = "conference-mod"
)

// NewConference makes a conference of nobody. Pages name it by its name, which no other has at the time. It must be closed.
func (s *Server) NewConference(name string, o ConferenceOptions) *Conference {
	or(&o.Domain, "switchgram")
	f := &Conference{s: s, name: name, domain: o.Domain, order: o.Order}
	f.array = s.NewArray(f.channel(liveChannel), name)
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	s.hub.rooms[f.channel(chatChannel)], s.hub.rooms[f.channel(modChannel)] = f, f
	return f
}

func (f *Conference) channel(kind string) string { return kind + "." + f.name + "@" + f.domain }

// Put adds a member, or says how the one with its key is now. A page that is added is told so.
func (f *Conference) Put(m Member) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return
	}
	known := f.member(m.Key)
	if known == nil {
		f.last++
		known = &member{id: f.last}
		f.members = append(f.members, known)
	}
	added := known.Call == nil && m.Call != nil
	known.Member = m
	f.giveFloor()
	f.show()
	if added {
		f.s.hub.seat(m.Call, f.ticket(known), f.channels(known))
		_ = m.Call.session.Tell(f.told("join", known)) // it can be written
	}
}

// Remove takes a member out, whose page is told so.
func (f *Conference) Remove(key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, m := range f.members {
		if m.Key != key {
			continue
		}
		f.members = append(f.members[:i:i], f.members[i+1:]...)
		f.array.Delete(f.key(m))
		f.part(m)
		f.giveFloor()
		f.show()
		return
	}
}

// Close ends the conference: those who are still in it are told, and its channels are there no longer.
func (f *Conference) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return
	}
	f.closed = true
	f.array.Close()
	for _, m := range f.members {
		f.part(m)
	}
	f.members = nil
	f.s.hub.mu.Lock()
	defer f.s.hub.mu.Unlock()
	for _, kind := range []string{chatChannel, modChannel} {
		if name := f.channel(kind); f.s.hub.rooms[name] == f {
			delete(f.s.hub.rooms, name)
		}
	}
}

// Members are the keys of those who are in it.
func (f *Conference) Members() (keys []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range f.members {
		keys = append(keys, m.Key)
	}
	return keys
}

func (f *Conference) member(key string) *member {
	for _, m := range f.members {
		if m.Key == key {
			return m
		}
	}
	return nil
}

// part takes from a member's page what it got.
func (f *Conference) part(m *member) {
	if m.Call == nil {
		return
	}
	_ = m.Call.session.Tell(f.told("part", m)) // it can be written
	f.s.hub.unseat(m.Call, f.channels(m))
}

// channels are those that a member's page may use.
func (f *Conference) channels(m *member) []string {
	all := []string{f.channel(liveChannel), f.channel(chatChannel), f.channel(infoChannel)}
	if m.Moderator {
		all = append(all, f.channel(modChannel))
	}
	return all
}

// told is what a member's page is told of its coming or going, with the names that FreeSWITCH has for things.
func (f *Conference) told(what string, m *member) object {
	data := object{
		"callID": m.Call.id, "action": liveChannel + "-" + what, "laChannel": f.channel(liveChannel), "laName": f.name,
		"role": "participant", "chatID": "conf+" + f.name + "@" + f.domain, "conferenceMemberID": fmt.Sprint(m.id), "canvasCount": 0,
		"chatChannel": f.channel(chatChannel), "infoChannel": f.channel(infoChannel),
	}
	if m.Moderator {
		data["role"], data["modChannel"] = "moderator", f.channel(modChannel)
	}
	return data
}

// ticket is what a page is told again that comes back to its call: it has forgotten everything.
func (f *Conference) ticket(m *member) func() {
	data, v := f.told("join", m), m.Call.session
	return func() { _ = v.Tell(data) } // it can be written
}

// giveFloor gives the floor to somebody who speaks, if who had it does not.
func (f *Conference) giveFloor() {
	if f.member(f.floorKey()) == nil {
		f.floor = nil
	}
	for _, m := range f.members {
		if f.floor == nil || m.Talking && !f.floor.Talking {
			f.floor = m
		}
	}
}

func (f *Conference) floorKey() string {
	if f.floor == nil {
		return ""
	}
	return f.floor.Key
}

// show brings the table up to date; what has not changed is told to nobody.
func (f *Conference) show() {
	for _, m := range f.members {
		_ = f.array.Put(f.key(m), f.row(m)) // JSON can hold it
	}
}

// key is by what pages know a member: one of theirs by its call.
func (f *Conference) key(m *member) string {
	if m.Call != nil {
		return m.Call.id
	}
	return fmt.Sprintf("member-%04d", m.id)
}

// row is a member as mod_conference writes it. The status is JSON in a text.
func (f *Conference) row(m *member) []any {
	status := object{
		"audio": object{
			"muted": m.Muted, "deaf": m.Deaf, "onHold": m.Held, "talking": m.Talking, "floor": m == f.floor, "energyScore": m.Energy,
		},
		"video": false, "oldStatus": f.status(m),
	}
	return []any{fmt.Sprintf("%04d", m.id), m.Number, m.Name, m.Codec, string(encode(status)), object{}, nil}
}

// status says in a word what older clients show.
func (f *Conference) status(m *member) string {
	switch floor := m == f.floor; {
	case m.Held:
		return "HOLD"
	case m.Muted:
		return "MUTE"
	case m.Talking && floor:
		return "TALKING (FLOOR)"
	case floor:
		return "FLOOR"
	case m.Talking:
		return "TALKING"
	default:
		return "ACTIVE"
	}
}
