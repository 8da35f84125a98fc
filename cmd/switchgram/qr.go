package main

import (
	"fmt"
	"io"
	"strings"

	"rsc.io/qr"
)

// quiet is the width of the light frame that a QR code needs (ISO/IEC 18004 §6.3.8), in modules.
const quiet = 4

// showQR draws the login token of the URL.
func (p *prompt) showQR(url string) {
	fmt.Fprintln(p.out, "\nScan this with a Telegram app that is logged in: Settings, Devices, Link Desktop Device.")
	if err := printQR(p.out, url); err != nil {
		fmt.Fprintln(p.out, err)
	}
}

// printQR draws text as a QR code: two modules a character, dark on light whatever the terminal's colours are.
func printQR(w io.Writer, text string) error {
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		return fmt.Errorf("draw QR code: %w", err)
	}
	var b strings.Builder
	for y := -quiet; y < code.Size+quiet; y += 2 {
		b.WriteString("\x1b[30;107m")
		for x := -quiet; x < code.Size+quiet; x++ {
			b.WriteString(modules(code.Black(x, y), code.Black(x, y+1)))
		}
		b.WriteString("\x1b[0m\n")
	}
	_, err = io.WriteString(w, b.String())
	return err
}

// modules is one character for an upper and a lower module.
func modules(upper, lower bool) string {
	switch {
	case upper && lower:
		return "█"
	case upper:
		return "▀"
	case lower:
		return "▄"
	default:
		return " "
	}
}
