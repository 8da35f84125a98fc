package sip

import (
	"context"
	"fmt"
	"net/url"

	"github.com/emiago/sipgo/sip"
)

// Refer asks the far end of an answered call to call a URI in our place (REFER, RFC 3515), as the transfer key of a telephone does, and returns
// when it has said that it tries. If place is not nil, a call of ours with whom the URI names, it is that call's place with us that the far end
// shall take (RFC 5589 §7). The far end ends both calls when that is done, or we may.
func (d *Dialog) Refer(ctx context.Context, to string, place *Dialog) error {
	if place != nil {
		to += "?Replaces=" + url.QueryEscape(place.asReplaced())
	}
	d.mu.Lock()
	d.refers = true
	d.mu.Unlock()
	res, err := d.ask(ctx, d.request(sip.REFER, sip.NewHeader("Refer-To", "<"+to+">"), sip.NewHeader("Referred-By", "<"+d.contact.Address.String()+">")))
	return d.judge(res, err, "refer")
}

// asReplaced names the dialog as its far end knows it, for a Replaces header field (RFC 3891 §6.1).
func (d *Dialog) asReplaced() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return fmt.Sprintf("%s;to-tag=%s;from-tag=%s", d.callID, d.remote.tag, d.localTag)
}

// onNotify hears how a transfer goes that we have asked for, of which the BYE will tell as well. We subscribe to nothing else
// (RFC 6665 §4.1.3).
func (d *Dialog) onNotify(c *arrival) {
	d.mu.Lock()
	asked := d.refers
	d.mu.Unlock()
	if !asked {
		c.respond(489)
		return
	}
	if d.inOrder(c) {
		c.respond(sip.StatusOK)
	}
}
