package sip

import (
	"context"
	"fmt"
	"time"

	"github.com/emiago/sipgo/sip"
)

// pulse is how we notice that the far end of an answered call has died: then it says no BYE. Silence alone proves nothing, since a
// parked FreeSWITCH channel sends no RTP; so a far end of which nothing was heard is asked (OPTIONS, RFC 3261 §11). With usual a
// dead one is found out within 20 seconds.
type pulse struct {
	look   time.Duration // how often we look whether something came
	quiet  time.Duration // when nothing came for so long, we ask
	answer time.Duration // to the question, whatever it is
	most   time.Duration // without a sign of life; then the far end is dead
}

var usual = pulse{look: 3 * time.Second, quiet: 5 * time.Second, answer: 7 * time.Second, most: 12 * time.Second}

// tend does what is to be done from time to time until the dialog is over: it watches the far end, reports to it, and lets keys come up.
func (d *Dialog) tend() {
	look := time.NewTicker(d.a.pulse.look)
	defer look.Stop()
	report := time.NewTimer(reportPause(d.a.reports / 2)) // RFC 3550 §6.2: the first comes sooner
	defer report.Stop()
	heard, alive := d.sound.signs.Load(), time.Now()
	for {
		select {
		case <-d.over:
			return
		case now := <-report.C:
			d.sound.report(now)
			report.Reset(reportPause(d.a.reports))
		case now := <-d.sound.keys.quiet.C:
			d.sound.quiet(now)
		case now := <-look.C:
			signs := d.sound.signs.Load()
			if signs != heard || !d.confirmed() {
				heard, alive = signs, now
			} else if now.Sub(alive) >= d.a.pulse.quiet && d.probe(now.Sub(alive)) {
				alive = time.Now()
			}
		}
	}
}

// confirmed tells whether the call is answered on both sides: until then the repetitions of INVITE and 200 show whether the far end lives.
func (d *Dialog) confirmed() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.stage == answered && (d.confirming == nil || isClosed(d.confirming.done))
}

// probe asks the far end whether it is there: any answer will do, but one that says that it knows no such call, or is there no more.
// If none came for too long the dialog ends.
func (d *Dialog) probe(silent time.Duration) (alive bool) {
	ctx, cancel := context.WithTimeout(d.ctx, d.a.pulse.answer)
	defer cancel()
	began := time.Now()
	res, err := d.ask(ctx, d.request(sip.OPTIONS))
	if err == nil {
		if err = d.judge(res, nil, "options"); err != nil {
			d.log.Debug("sign of life", "err", err)
		}
		return true
	}
	silent += time.Since(began)
	if silent >= d.a.pulse.most && d.ctx.Err() == nil {
		err := fmt.Errorf("%w for %s: %w", ErrTimeout, silent.Round(time.Second), err)
		d.abandon(Ended{Remote: true, Text: "no sign of life", Err: err}, Hangup{Q850: 102, Text: "no sign of life"})
	}
	return false
}
