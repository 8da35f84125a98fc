package siptest

import (
	"context"
	"errors"
	"fmt"

	"github.com/emiago/sipgo/sip"

	ua "switchgram/bridge/sip"
)

// Originate calls a registered user from an extension of the switch, as `originate user/1000 &echo()` does: there is no caller whose
// codecs matter, so the offer has all that the extension allows. The end of ctx hangs up. It returns when the call has ended; a
// refusal is a *sip.StatusError.
func (s *Switch) Originate(ctx context.Context, user string, x Extension) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return errors.New("siptest: switch is closed")
	}
	s.calls.Add(1)
	s.mu.Unlock()
	defer s.calls.Done()
	contact, ok := s.Registered(user)
	if !ok {
		return fmt.Errorf("siptest: %s is not registered", user)
	}
	codecs := x.Codecs
	if len(codecs) == 0 {
		codecs = allCodecs()
	}
	l, err := s.newOutgoing(contact, caller{name: x.Name, number: x.Number}, codecs, nil)
	if err != nil {
		return err
	}
	defer l.close()
	stop := context.AfterFunc(ctx, func() { l.over(&ending{}) })
	defer stop()
	if err := x.place(l); ctx.Err() == nil {
		return err
	}
	return nil // the caller's own wish
}

// place is a whole call from an extension.
func (x Extension) place(l *leg) error {
	ctx, cancel := context.WithTimeout(l.ctx, l.s.options.RingTime)
	defer cancel()
	res, err := l.dial(ctx, func(*sip.Response) {})
	if err != nil {
		return err
	}
	if !res.IsSuccess() {
		return &ua.StatusError{Code: res.StatusCode, Text: res.Reason}
	}
	if err := l.settle(res.Body()); err != nil {
		l.bye([]sip.Header{reason(88)})
		return err
	}
	l.rtp.setOnDigit(x.Digit)
	stop := x.speak(l)
	defer stop()
	x.talk(l)
	return nil
}

// settle takes the answer to our offer.
func (l *leg) settle(answer []byte) error {
	s, err := parseSession(answer)
	if err != nil {
		return err
	}
	a, err := accept(s, l.offer)
	if err != nil {
		return err
	}
	l.rtp.agree(a, s)
	return nil
}
