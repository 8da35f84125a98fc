package verto

import (
	"encoding/json"
	"strconv"
	"strings"
	"sync"
)

const maxSubscriptions = 128 // of a page

// hub knows which pages listen to which event channels.
type hub struct {
	mu       sync.Mutex
	channels map[string]map[*Session]*subscription
	counts   map[*Session]int
	arrays   map[string]*Array
	rooms    map[string]*Conference      // by the channels that members speak on
	granted  map[*Session]map[string]int // channels that a page may listen to as a member, and by how many of its calls
	tickets  map[*Call]func()            // tell a page again that it is a member
	present  map[string]Presence         // of users who are not Free
}

// subscription counts its events from 0.
type subscription struct {
	next  uint64
	quiet bool // until greet: clients throw away what comes before they are told that they have subscribed
}

func (h *hub) init() {
	h.channels, h.counts, h.arrays = map[string]map[*Session]*subscription{}, map[*Session]int{}, map[string]*Array{}
	h.rooms, h.granted, h.tickets = map[string]*Conference{}, map[*Session]map[string]int{}, map[*Call]func(){}
	h.present = map[string]Presence{}
}

// join subscribes a page. False: it was, already.
func (h *hub) join(v *Session, channel string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.channels[channel][v] != nil {
		return false
	}
	if h.channels[channel] == nil {
		h.channels[channel] = map[*Session]*subscription{}
	}
	h.channels[channel][v] = &subscription{quiet: true}
	h.counts[v]++
	return true
}

// part takes a subscription back. False: there was none.
func (h *hub) part(v *Session, channel string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.channels[channel][v] == nil {
		return false
	}
	h.drop(v, channel)
	return true
}

func (h *hub) drop(v *Session, channel string) {
	delete(h.channels[channel], v)
	if len(h.channels[channel]) == 0 {
		delete(h.channels, channel)
	}
	if h.counts[v]--; h.counts[v] == 0 {
		delete(h.counts, v)
	}
}

// leave takes all of a page's back.
func (h *hub) leave(v *Session) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.counts[v] == 0 {
		return
	}
	for channel, all := range h.channels {
		if all[v] != nil {
			h.drop(v, channel)
		}
	}
}

func (h *hub) count(v *Session) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.counts[v]
}

// Publish tells an event to the pages that listen to its channel, or to what stands before the channel's first dot. Events of one goroutine
// come in order. The data must be what JSON can hold; the error is encoding/json's.
func (s *Server) Publish(channel string, data any) error {
	raw, err := json.Marshal(data)
	if err == nil {
		s.publish(channel, raw)
	}
	return err
}

func (s *Server) publish(channel string, data []byte) {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	s.spread(channel, data)
}

// spread is publish under the hub's lock.
func (s *Server) spread(channel string, data []byte) {
	s.deliver(channel, channel, data, nil)
	if first, _, dotted := strings.Cut(channel, "."); dotted {
		s.deliver(first, channel, data, nil)
	}
}

// deliver sends an event to those who subscribed to a name. A sender of ours is named.
func (s *Server) deliver(name, channel string, data []byte, sender *User) {
	head := eventHead(name, channel, data, sender) // which is the same for all
	for v := range s.hub.channels[name] {
		s.tell(v, name, head)
	}
}

// eventHead is an event, from its method to the number that it has in a subscription.
func eventHead(name, channel string, data []byte, sender *User) []byte {
	head := append([]byte(`,"method":"verto.event","params":{"eventChannel":`), encode(channel)...)
	head = append(append(head, `,"data":`...), data...)
	if sender != nil {
		head = append(append(head, `,"userid":`...), encode(sender.ID)...)
		head = append(append(head, `,"fromDisplay":`...), encode(sender.Name)...)
	}
	head = append(append(head, `,"subscribedChannel":`...), encode(name)...)
	return append(head, `,"eventSerno":`...)
}

// tell sends an event to one who has subscribed to a name.
func (s *Server) tell(v *Session, name string, head []byte) {
	sub, c := s.hub.channels[name][v], v.conn.Load()
	if sub == nil || sub.quiet || c == nil {
		return
	}
	m := make([]byte, 0, len(head)+64)
	m = strconv.AppendUint(append(m, `{"jsonrpc":"2.0","id":`...), s.nextID(), 10)
	m = strconv.AppendUint(append(m, head...), sub.next, 10)
	sub.next++
	c.send(append(m, `}}`...))
}

// channelParams are those of subscribe and unsubscribe.
type channelParams struct {
	Channels names `json:"eventChannel"`
}

// names is one text or several.
type names []text

// UnmarshalJSON takes both.
func (n *names) UnmarshalJSON(b []byte) error {
	if err := json.Unmarshal(b, (*[]text)(n)); err == nil {
		return nil
	}
	var one text
	err := json.Unmarshal(b, &one)
	*n = names{one}
	return err
}

// lists sorts channels into those of an answer, which has no empty list.
type lists object

func (l lists) add(list, channel string) {
	all, _ := l[list].([]string)
	l[list] = append(all, channel)
}

// subscribe lets the page listen. If it may listen to nothing that it named, that is an error, with the same lists.
func (c *conn) subscribe(r *request) {
	var p channelParams
	r.read(&p)
	answer := lists{}
	for _, name := range p.Channels {
		switch channel := string(name); {
		case !c.mayListen(channel) || c.s.hub.count(c.session) >= maxSubscriptions:
			answer.add("unauthorizedChannels", channel)
		case c.s.hub.join(c.session, channel):
			answer.add("subscribedChannels", channel)
		default:
			answer.add("alreadySubscribedChannels", channel)
		}
	}
	if answer["subscribedChannels"] == nil {
		c.refuse(r, &fault{code: codeForbid, text: "nothing to subscribe to", more: object(answer)})
		return
	}
	c.reply(r, object(answer))
	for _, channel := range answer["subscribedChannels"].([]string) {
		c.s.greet(c.session, channel)
	}
}

func (c *conn) mayListen(channel string) bool {
	may := c.session.user.May
	switch {
	case channel == "" || len(channel) > maxName:
		return false
	case forMembers(channel):
		return c.s.hub.grants(c.session, channel)
	default:
		return may != nil && may.MaySubscribe(channel)
	}
}

func (c *conn) unsubscribe(r *request) {
	var p channelParams
	r.read(&p)
	answer := lists{}
	for _, name := range p.Channels {
		if c.s.hub.part(c.session, string(name)) {
			answer.add("unsubscribedChannels", string(name))
		} else {
			answer.add("notSubscribedChannels", string(name))
		}
	}
	c.reply(r, object(answer))
}

// broadcast publishes what a page says: to an array, to Options.OnBroadcast, and with localBroadcast to the pages that listen to exactly that
// channel, the sender's too. Who says it is written by us. Refusals are results, as clients know them.
func (c *conn) broadcast(r *request) {
	var p struct {
		Channel text            `json:"eventChannel"`
		Data    json.RawMessage `json:"data"`
		Local   bool            `json:"localBroadcast"`
	}
	r.read(&p)
	channel, user := string(p.Channel), c.session.user
	if a := c.s.array(channel); a != nil && c.mayListen(channel) {
		c.reply(r, object{})
		a.ask(c.session, p.Data)
		return
	}
	if f := c.s.hub.room(channel); f != nil && c.s.hub.grants(c.session, f.channel(liveChannel)) {
		f.hear(c, r, channel, p.Data)
		return
	}
	if user.May == nil || channel == "" || len(channel) > maxName || forMembers(channel) || !user.May.MayBroadcast(channel) {
		c.reply(r, object{"message": "Permission Denied.", "code": codeSession})
		return
	}
	c.reply(r, object{})
	if len(p.Data) == 0 {
		p.Data = json.RawMessage("null")
	}
	if p.Local {
		c.s.hub.mu.Lock()
		c.s.deliver(channel, channel, p.Data, &user)
		c.s.hub.mu.Unlock()
	}
	if c.s.o.OnBroadcast != nil {
		c.s.o.OnBroadcast(c.session, channel, p.Data)
	}
}
