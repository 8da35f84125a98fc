package program_test

import (
	"testing"
	"time"

	"github.com/pion/rtp"

	"switchgram/bridge"
	"switchgram/bridge/leg"
	"switchgram/bridge/media"
	"switchgram/bridge/room/codec"
	"switchgram/bridge/room/dtmf"
	"switchgram/bridge/sip"
	"switchgram/bridge/sip/siptest"
	"switchgram/tgcall"
	"switchgram/tgcall/testnet"
)

// writes sends a message to the line.
func (h *house) writes(p *testnet.Phone, text string) {
	h.t.Helper()
	to, err := p.Session().Resolve(h.ctx, "@line_main")
	h.must(err)
	h.must(p.Session().SendMessage(h.ctx, to, text))
}

func TestDigitsThatATelegramUserWritesReachTheTelephone(t *testing.T) {
	keys := make(chan rune, 64)
	h := build(t, plan{extensions: []siptest.Extension{{Number: "1000", Talk: siptest.Forever, Digit: func(k rune) { keys <- k }}}})
	ann, bob := h.person(h.ann(), nil), h.person(h.bob(), nil)
	h.writes(ann, "99") // before the call
	call, err := ann.Dial(h.ctx, "@line_main")
	h.must(err)
	h.log.await(h.ctx, "msg=call.answered") // later than her device knows
	h.writes(bob, "77")                     // who is not in the call
	h.writes(ann, "my number is 55")
	h.writes(ann, "42#")
	h.writes(ann, "* 0")

	for _, want := range "42#*0" {
		if got := next(h, keys); got != want {
			t.Fatalf("the telephone heard %c, want %c", got, want)
		}
	}
	h.must(call.Discard(h.ctx, tgcall.Hangup))
	h.wantOutcome(bridge.NormalClearing, "relay opus")
}

// detect looks for digits in what a Telegram call hears.
func (h *house) detect(c *tgcall.Call) <-chan byte {
	h.t.Helper()
	decoder, err := codec.NewDecoder(media.Opus, dtmf.Rate)
	h.must(err)
	found, detector, pcm := make(chan byte, 64), dtmf.NewDetector(), make([]int16, codec.MaxSamples)
	leg.NewTelegram(c, "").Media().OnRTP(func(p *rtp.Packet) {
		n, err := decoder.Decode(p.Payload, pcm)
		if err != nil {
			return
		}
		for _, digit := range detector.Write(pcm[:n]) {
			found <- digit
		}
	})
	return found
}

func TestKeysOfATelephoneAreTonesOnTelegram(t *testing.T) {
	h := build(t, plan{line: "digits: {telegram: tones}"})
	desk, taken := h.telephone("1000", 0), make(chan *tgcall.Call, 1)
	h.person(h.ann(), takes(taken))
	d := desk.dial("tg@ann")
	untilSIP[sip.Answered](h, d)
	call := next(h, taken)
	person, telephone := h.telegramEnd(call, 1050), h.sipEnd(d, 650)
	talk(telephone, person)
	person.hush() // she listens for something else now
	found := h.detect(call)

	h.must(d.SendDTMF(h.ctx, "5#", 100*time.Millisecond))

	for _, want := range []byte("5#") {
		if got := next(h, found); got != want {
			t.Errorf("heard %c, want %c", got, want)
		}
	}
	h.must(d.Hangup(h.ctx, sip.Hangup{}))
	telephone.hush()
	h.wantOutcome(bridge.NormalClearing, "relay opus")
}
