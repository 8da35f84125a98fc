package sip

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// onRefer takes a wish for transfer (RFC 3515) and tells at once that it is being tried.
func (d *Dialog) onRefer(c *arrival) {
	if !d.inOrder(c) {
		return
	}
	asked, err := parseRefer(c.req)
	if err != nil {
		d.log.Info("refused transfer", "err", err)
		c.respond(sip.StatusBadRequest)
		return
	}
	if old := d.a.replaced(asked.Replaces); old != nil && old != d {
		asked.Call = old.callID
	}
	quiet := strings.EqualFold(strings.TrimSpace(value(c.req, "Refer-Sub")), "false") // RFC 4488
	if status := d.beginTransfer(c.req.CSeq().SeqNo, quiet); status != 0 {
		c.respond(status)
		return
	}
	if quiet {
		c.respond(sip.StatusAccepted, sip.NewHeader("Refer-Sub", "false"))
		d.emit(asked)
		return
	}
	c.respond(sip.StatusAccepted)
	trying, err := d.notice(sip.StatusTrying, "Trying") // the first of all, whatever becomes of the transfer
	if err != nil {
		d.log.Debug("notify of transfer", "err", err)
	}
	d.emit(asked)
	if trying == nil {
		return
	}
	d.a.spawn(func() {
		ctx, cancel := background()
		defer cancel()
		if err := d.notify(ctx, trying); err != nil {
			d.log.Debug("notify of transfer", "err", err)
		}
	})
}

// beginTransfer notes that the far end wants to hear how its transfer goes; status: why there cannot be one, 0: there can.
func (d *Dialog) beginTransfer(seq uint32, quiet bool) (status int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case d.stage != answered:
		return sip.StatusForbidden
	case d.transfer != 0: // one at a time
		return sip.StatusRequestPending
	case !quiet:
		d.transfer = seq
	}
	return 0
}

// parseRefer reads the one Refer-To there must be.
func parseRefer(req *sip.Request) (TransferAsked, error) {
	var asked TransferAsked
	fields := append(req.GetHeaders("Refer-To"), req.GetHeaders("r")...)
	if len(fields) != 1 {
		return asked, fmt.Errorf("%d Refer-To header fields", len(fields))
	}
	var to sip.Uri
	if _, err := sip.ParseAddressValue(fields[0].Value(), &to, nil); err != nil {
		return asked, fmt.Errorf("refer-to: %w", err)
	}
	for _, h := range to.Headers {
		if strings.EqualFold(h.K, "Replaces") {
			asked.Replaces = unescape(h.V)
		}
	}
	to.Headers = nil
	asked.To = clean(to.String(), maxValue)
	asked.ReferredBy = clean(either(req, "Referred-By", "b"), maxValue)
	return asked, nil
}

// notice is a NOTIFY that tells of a transfer. It is sent when the one before has been answered, so that they arrive in their order.
type notice struct {
	transfer uint32 // CSeq of the REFER
	status   int
	phrase   string
	before   <-chan struct{} // closed when its turn has come; nil: now
	done     chan<- struct{}
}

// NotifyTransfer tells the far end, which asked for a transfer, how it goes: a SIP status, of which 200 and above is the last
// (RFC 3515 §2.4.5).
func (d *Dialog) NotifyTransfer(ctx context.Context, status int, phrase string) error {
	n, err := d.notice(status, phrase)
	if err != nil {
		return err
	}
	return d.notify(ctx, n)
}

// notice takes its place behind those that are on their way.
func (d *Dialog) notice(status int, phrase string) (*notice, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.transfer == 0 || d.stage != answered {
		return nil, errors.New("sip: no transfer asked for")
	}
	done := make(chan struct{})
	n := &notice{transfer: d.transfer, status: status, phrase: cmp.Or(clean(phrase, maxPhrase), phrases[status]), before: d.notices, done: done}
	d.notices = done
	if status >= 200 {
		d.transfer = 0
	}
	return n, nil
}

// notify sends it when its turn has come.
func (d *Dialog) notify(ctx context.Context, n *notice) error {
	defer close(n.done)
	if n.before != nil {
		select {
		case <-n.before:
		case <-ctx.Done():
			return fmt.Errorf("notify of transfer: %w", context.Cause(ctx))
		}
	}
	state := "active;expires=60"
	if n.status >= 200 {
		state = "terminated;reason=noresource"
	}
	req := d.request(sip.NOTIFY, sip.NewHeader("Event", "refer;id="+strconv.FormatUint(uint64(n.transfer), 10)),
		sip.NewHeader("Subscription-State", state), sip.NewHeader("Content-Type", "message/sipfrag;version=2.0"))
	req.SetBody(fmt.Appendf(nil, "SIP/2.0 %d %s\r\n", n.status, n.phrase))
	res, err := d.ask(ctx, req)
	return d.judge(res, err, "notify of transfer")
}

// IsUs tells whether a URI is of our own address: the one that our Contact shows to this call's far end, or that it has called.
func (d *Dialog) IsUs(uri string) bool {
	var u sip.Uri
	if err := sip.ParseUri(uri, &u); err != nil {
		return false
	}
	for _, ours := range []sip.Uri{d.contact.Address, d.asked} {
		if ours.Host != "" && strings.EqualFold(u.Host, ours.Host) && cmp.Or(u.Port, 5060) == cmp.Or(ours.Port, 5060) {
			return true
		}
	}
	return false
}
