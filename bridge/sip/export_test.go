package sip

import "net/netip"

// RTPAddr is where the dialog receives RTP.
func RTPAddr(d *Dialog) netip.AddrPort {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.sdp.addr
}
