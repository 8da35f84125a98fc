package phone_test

import (
	"context"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"switchgram/verto"
	"switchgram/verto/phone"
)

// gather makes a conference of ann's call, with somebody else in it.
func (h *house) gather(c *verto.Call, moderated bool, orders chan<- verto.Order) *verto.Conference {
	h.t.Helper()
	room := h.server.NewConference("c1", verto.ConferenceOptions{Order: func(_ context.Context, _ *verto.Session, o verto.Order) error {
		orders <- o
		return nil
	}})
	h.t.Cleanup(room.Close)
	room.Put(verto.Member{Key: "bob", Name: "Bob Brown", Number: "+15550123"})
	room.Put(verto.Member{Key: "ann", Call: c, Moderator: moderated, Name: "Ann", Number: "1008"})
	return room
}

func meetsOthers(t *testing.T, b browser) {
	h, p := ann(t, b)
	p.dial("echo")
	c := h.call()
	p.sees("Connected")
	room := h.gather(c, false, nil)
	p.sees("In this call")
	p.sees("Ann you")
	p.until(`document.querySelector('.room li button') === null`) // it gives no orders
	room.Put(verto.Member{Key: "bob", Name: "Bob Brown", Number: "+15550123", Talking: true, Energy: 2000})
	p.sees("Bob Brown speaking")
	room.Put(verto.Member{Key: "carl", Name: "Carl", Muted: true})
	p.sees("Carl muted")
	room.Remove("bob")
	p.missing("Bob Brown")
	p.fill(`.room input`, "Shall we begin?"+kb.Enter)
	p.sees("Ann: Shall we begin?")
	p.Reload()
	event[verto.Attached](t, c)
	p.sees("Carl muted") // the page has got it all again
	room.Close()
	p.missing("In this call")
	p.sees("Connected")
}

func moderates(t *testing.T, b browser) {
	h, p := ann(t, b)
	p.dial("echo")
	c := h.call()
	p.sees("Connected")
	orders := make(chan verto.Order, 4)
	room := h.gather(c, true, orders)
	p.press("Mute Bob Brown")
	if o := <-orders; o.Member != "bob" || o.Command != verto.OrderMute {
		t.Errorf("ordered %+v", o)
	}
	room.Put(verto.Member{Key: "bob", Name: "Bob Brown", Number: "+15550123", Muted: true})
	p.press("Unmute Bob Brown")
	if o := <-orders; o.Command != verto.OrderUnmute {
		t.Errorf("ordered %+v", o)
	}
	p.press("Remove Bob Brown")
	if o := <-orders; o.Command != verto.OrderKick {
		t.Errorf("ordered %+v", o)
	}
	p.missing("That could not be done")
}

func writesNotes(t *testing.T, b browser) {
	h := open(t, phone.Options{User: "ann", Password: "secret"})
	p := b.visit(t, h.address(), true)
	h.show("c1", "sales", "Ann Lee", "+15550123", "talking", 4.3)
	p.press("Add a note: Ann Lee, +15550123")
	p.fill(`.notes input`, "wants <b>an offer</b>"+kb.Enter)
	p.sees("Ann: wants <b>an offer</b>")
	p.until(`document.querySelector('.notes input') === null`)
	p.press("Add a note: Ann Lee, +15550123")
	p.fill(`.notes input`, "nothing"+kb.Enter) // the house refuses that one
	p.sees("The note could not be saved")
}
