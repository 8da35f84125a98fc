package siptest

import (
	"fmt"

	"github.com/emiago/sipgo/sip"
)

// deflect asks the telephone to call somebody else, and returns when it has told how that went.
func (l *leg) deflect(to string) error {
	req := l.request(sip.REFER)
	req.AppendHeader(sip.NewHeader("Refer-To", "<"+to+">"))
	res, err := l.do(l.ctx, req)
	if err != nil {
		return err
	}
	if !res.IsSuccess() {
		return fmt.Errorf("REFER: %d %s", res.StatusCode, res.Reason)
	}
	select {
	case status := <-l.referred:
		l.s.log.Info("deflected", "sip_call_id", l.callID, "cause", status)
	case <-l.ctx.Done():
	}
	return nil
}

// onNotify hears how a deflection goes (RFC 3515 §2.4.5).
func (l *leg) onNotify(req *sip.Request, tx sip.ServerTransaction) {
	l.s.respond(tx, l.s.newResponse(req, sip.StatusOK, "OK"))
	var status int
	if _, err := fmt.Sscanf(string(req.Body()), "SIP/2.0 %d", &status); err != nil || status < 200 {
		return
	}
	select {
	case l.referred <- status:
	default:
	}
}
