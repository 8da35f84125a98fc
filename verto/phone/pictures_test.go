package phone_test

import (
	"bytes"
	"encoding/base64"
	"flag"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"switchgram/internal/chromium"
	"switchgram/verto"
	"switchgram/verto/phone"
)

// pictures is where they are written to: go test ./verto/phone -run TestInChromium/shows_itself -pictures "$PWD/docs".
var pictures = flag.String("pictures", "", "write the pictures of docs/phone.md into this folder")

var (
	marta  = verto.Party{Name: "Marta Keller", Number: "+49 30 555 0199", Fields: map[string]string{verto.FieldUsername: "marta", verto.FieldLine: "sales"}}
	daniel = verto.Party{Name: "Daniel Okoye", Number: "+1 555 0123", Fields: map[string]string{
		verto.FieldUsername: "dokoye", verto.FieldLine: "support", verto.FieldLink: "https://crm.example/contacts/7", verto.FieldLinkText: "Open Daniel in the CRM",
		verto.FieldPhoto: portrait(),
	}}
	hohenstein = verto.Party{Name: "Maximiliane von Hohenstein-Wartburg, Grünwald Property Management", Number: "+49 89 555 0142"}
)

// showsItself is the page as docs/phone.md shows it.
func showsItself(t *testing.T, b browser) {
	h := open(t, phone.Options{User: "ann", Password: "secret"})
	p := b.visit(t, h.address(), true)
	p.sees("Nobody is on the phone")
	p.called(marta, daniel, verto.Party{Name: "Иван Петров", Number: "@ivan_p"}, hohenstein, verto.Party{Number: "+44 20 7946 0958"})
	p.sees("Hohenstein")
	h.show("c1", "sales", "Olena Bondar", "1012", "talking", 4.3, note("Carl Brandt", "Wants an offer for twelve licences, by Friday."), note("Ann", "Sent it."))
	h.show("c2", "support", hohenstein.Name, "queue", "ringing", 0)
	c := p.talks(h, marta)
	p.sees("Sound: Good")
	h.ring("ann", daniel)
	p.sees("Open Daniel in the CRM")
	p.picture("light", "light", 1180, 860)
	p.picture("narrow", "light", 390, 844)
	p.press("Decline")
	p.press("Dismiss")
	room := h.gather(c, true, nil)
	room.Put(verto.Member{Key: "marta", Name: marta.Name, Number: marta.Number, Talking: true})
	room.Put(verto.Member{Key: "carl", Name: "Carl Brandt", Number: "1010", Muted: true})
	p.fill(`.room input`, "The contract is in your mail.\r")
	p.sees("Ann: The contract")
	p.picture("dark", "dark", 1180, 860)
	p.press("Hang up")
	p.press("Dismiss")
	p.speakRussian()
	p.dial("@ivan_p")
	if err := h.call().EarlyMedia(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.sees("Гудки")
	p.picture("narrow-dark", "dark", 390, 844)
}

// note is one on a call in progress.
func note(by, text string) any {
	return map[string]any{"at": time.Now().Add(-time.Minute).UnixMilli(), "by": by, "text": text}
}

// called gives the page a past: all of them have called or were called.
func (p *tab) called(all ...verto.Party) {
	p.t.Helper()
	var past []map[string]any
	for i, who := range all {
		at := time.Now().Add(-time.Duration(20+130*i*i) * time.Minute)
		past = append(past, map[string]any{"number": who.Number, "name": who.Name, "outgoing": i%3 == 0, "answered": i != 2, "at": at.UnixMilli()})
	}
	p.Eval(nil, `localStorage.setItem('switchgram.history', `+chromium.JS(chromium.JS(past))+`)`)
	p.Reload()
}

// talks has the page call somebody, who answers.
func (p *tab) talks(h *house, to verto.Party) *verto.Call {
	p.t.Helper()
	p.dial(to.Number)
	c := h.call()
	echo(c)
	if err := c.Answer(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
	c.Display(to)
	p.sees("Connected")
	p.sees(to.Name)
	return c
}

// picture is taken of the page, light or dark, in a window of some size, which it has to fit.
func (p *tab) picture(name, scheme string, width, height int64) {
	p.t.Helper()
	p.scheme(scheme)
	p.Eval(nil, `document.activeElement.blur()`)
	scale := 1.0
	if width < 600 {
		scale = 2
	}
	var png []byte
	p.page.(*chromium.Tab).Do(emulation.SetDeviceMetricsOverride(width, height, scale, width < 600), chromedp.CaptureScreenshot(&png))
	p.fits(name)
	if *pictures == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(*pictures, "phone-"+name+".png"), png, 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// portrait is a picture of somebody, as an address.
func portrait() string {
	m := image.NewRGBA(image.Rect(0, 0, 160, 160))
	for y := range 160 {
		for x := range 160 {
			m.Set(x, y, portrayed(float64(x), float64(y)))
		}
	}
	var b bytes.Buffer
	_ = png.Encode(&b, m) // a Buffer takes everything
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes())
}

// portrayed is the colour at a point: hair, a face, shoulders, or the sky.
func portrayed(x, y float64) color.Color {
	switch {
	case y < 50 && math.Hypot(x-80, y-52) < 33:
		return color.RGBA{70, 48, 40, 255}
	case math.Hypot(x-80, y-62) < 30:
		return color.RGBA{236, 196, 168, 255}
	case math.Hypot((x-80)/1.15, y-165) < 62:
		return color.RGBA{44, 72, 122, 255}
	}
	return color.RGBA{uint8(120 + y/2), uint8(170 + y/4), 225, 255}
}
