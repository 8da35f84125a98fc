package phone_test

import (
	"testing"

	"switchgram/verto/phone"
)

// fitsNarrowWindows is of the narrowest telephone, and of the longest words.
func fitsNarrowWindows(t *testing.T, b browser) {
	h := open(t, phone.Options{User: "ann", Password: "secret"})
	p := b.visit(t, h.address(), true)
	p.sees("Online")
	p.speakRussian()
	p.wide(320, 640)
	h.show("c1", "support", hohenstein.Name, hohenstein.Number, "talking", 4.3, note(hohenstein.Name, "перезвонить"))
	p.dial("echo")
	c := h.call()
	c.Display(hohenstein)
	p.sees("Звук:")
	h.gather(c, true, nil)
	p.sees("В этом звонке")
	h.ring("ann", daniel)
	p.sees("Входящий звонок")
	for _, button := range []string{"Набор", "Недавние", "Сейчас"} {
		p.press(button)
		p.fits(button)
	}
	for _, dialog := range []string{"Перевести", "Настройки", "Справка"} {
		p.press(dialog)
		p.until(`document.querySelector('dialog[open]')`)
		p.fits(dialog)
		p.Type("\x1b")
		p.until(`!document.querySelector('dialog')`)
	}
}
