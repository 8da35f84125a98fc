package sip

import (
	"net/netip"
	"testing"
)

// FreeSWITCH calls by UDP who registered by TCP without saying so in the Contact.
func TestContactSaysTCPOnTCP(t *testing.T) {
	for transport, want := range map[string]string{
		"udp": "<sip:tg%23ann@192.0.2.1:5070>",
		"tcp": "<sip:tg%23ann@192.0.2.1:5070;transport=tcp>",
	} {
		p := path{transport: transport, from: netip.MustParseAddrPort("192.0.2.1:5070")}
		if got := p.contact("tg#ann").Value(); got != want {
			t.Errorf("%s: %s, want %s", transport, got, want)
		}
	}
	p := path{transport: "udp", from: netip.MustParseAddrPort("[2001:db8::1]:5070")}
	if got := p.contact("a").Value(); got != "<sip:a@[2001:db8::1]:5070>" {
		t.Errorf("got %s", got)
	}
}
