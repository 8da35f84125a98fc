package browsertest

import (
	"context"
	"testing"
	"time"

	"switchgram/verto"
)

// gathering is a conference of the page and of Carol, who is on a telephone. What it is told to do is done by the test.
type gathering struct {
	*verto.Conference
	t          *testing.T
	call       *verto.Call // the page's
	ann, carol verto.Member
	orders     chan verto.Order
}

// gather has the page make a call, of which a conference is made while the client begins to read who is in it.
func gather(h *house, role string) *gathering {
	h.t.Helper()
	h.do("phone.dial('3500')")
	g := &gathering{t: h.t, call: h.call(), orders: make(chan verto.Order, 8)}
	await[verto.Answered](h.t, g.call)
	h.do("reaches('active')")
	g.Conference = h.s.NewConference("talk", verto.ConferenceOptions{Order: func(_ context.Context, _ *verto.Session, o verto.Order) error {
		g.orders <- o
		return nil
	}})
	h.t.Cleanup(g.Close)
	g.carol = verto.Member{Key: "carol", Name: "Carol", Number: "+491234", Codec: "opus@48000"}
	g.ann = verto.Member{Key: "ann", Call: g.call, Moderator: role == "moderator", Name: "Ann", Number: "1008", Codec: "opus@48000"}
	g.Put(g.carol)
	g.Put(g.ann)
	for energy := range 50 {
		g.carol.Energy = energy
		g.Put(g.carol)
	}
	h.do("until(() => phone.role === '%s' && phone.members() === '0001 Carol, 0002 Ann')", role)
	return g
}

// order is what the page wants done next.
func (g *gathering) order() verto.Order {
	g.t.Helper()
	select {
	case o := <-g.orders:
		return o
	case <-time.After(patience):
		g.t.Fatal("no order came")
		return verto.Order{}
	}
}

// attends: the page is in a conference like anybody else, by the client's own code: it mutes itself, chats, gives no orders, and is sent away.
func attends(h *house) {
	g := gather(h, "participant")
	h.do("phone.dtmf('0')")
	await[verto.Digits](h.t, g.call)
	g.ann.Muted = true
	g.Put(g.ann)
	h.do("until(() => phone.members() === '0001 Carol, 0002 Ann muted')")
	h.do("phone.conference.sendChat('hello', 'message')")
	h.do("until(() => phone.heard[0] === 'Ann: hello')")
	h.do("phone.orders('conference-mod.talk@switchgram', 'kick', 1).then((answer) => { if (answer !== 'Permission Denied.') throw new Error(answer) })")
	if len(g.orders) > 0 {
		h.t.Errorf("who does not moderate is obeyed: %+v", <-g.orders)
	}
	g.Remove("ann")
	g.call.Hangup(verto.NormalClearing)
	h.do("until(() => phone.role === 'none' && phone.state === 'over')")
	h.do("if (phone.faults.length > 0) throw new Error(phone.faults)")
	g.Close()
}

// moderates: the page gives orders in a conference, and sees what comes of them, until the conference ends.
func moderates(h *house) {
	g := gather(h, "moderator")
	h.do("phone.conference.muteMic('0001')")
	if o := g.order(); o.Command != verto.OrderMute || o.Member != "carol" {
		h.t.Errorf("the page wants %+v", o)
	}
	g.carol.Muted = true
	g.Put(g.carol)
	h.do("until(() => phone.members() === '0001 Carol muted, 0002 Ann')")
	h.do("phone.conference.kick('0001')")
	if o := g.order(); o.Command != verto.OrderKick || o.Member != "carol" {
		h.t.Errorf("the page wants %+v", o)
	}
	g.Remove("carol")
	h.do("until(() => phone.members() === '0002 Ann')")
	h.do(`until(() => phone.heard.join('') === '+OK mute 1\n+OK kicked 1\n')`)
	g.Close()
	h.do("until(() => phone.cleared && phone.role === 'none')")
	h.do("if (phone.faults.length > 0) throw new Error(phone.faults)")
	h.do("phone.hangup()")
	await[verto.Ended](h.t, g.call)
}
