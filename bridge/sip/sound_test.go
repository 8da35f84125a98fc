package sip_test

import (
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"

	"switchgram/bridge/sip"
	"switchgram/bridge/sip/sdp"
)

func TestHoldStopsSoundAndKeepsTheCodec(t *testing.T) {
	t.Parallel()
	caller := start(t, sip.Options{})
	answerer, calls := callee(t, sip.Options{})
	for _, transport := range []string{"udp", "tcp"} {
		out, in := pair(t, caller, sip.Invite{To: uri(answerer, "1000", transport)}, calls)
		before := out.Format()
		for _, end := range []struct{ holder, held *sip.Dialog }{{out, in}, {in, out}} {
			must(t, end.holder.Hold(deadline(t), true))
			if e := expect[sip.Held](t, end.held); !e.On {
				t.Error("not held")
			}
			if err := end.held.WriteRTP(packet(1, "x")); !errors.Is(err, sip.ErrHeld) {
				t.Errorf("write on hold: %v", err)
			}
			must(t, end.holder.WriteRTP(packet(2, "music"))) // who holds may play
			must(t, end.holder.Hold(deadline(t), false))
			if e := expect[sip.Held](t, end.held); e.On {
				t.Error("still held")
			}
			heard := listen(end.holder)
			must(t, end.held.WriteRTP(packet(3, "back")))
			next(t, heard)
		}
		if out.Format() != before {
			t.Errorf("format %v, was %v", out.Format(), before)
		}
		must(t, in.Hangup(deadline(t), sip.Hangup{}))
		expect[sip.Ended](t, out)
	}
}

func TestDigitsAreHeardAtTheOtherEnd(t *testing.T) {
	t.Parallel()
	caller := start(t, sip.Options{})
	for _, codec := range []sdp.Codec{sdp.Opus, sdp.PCMU} {
		t.Run(codec.String(), func(t *testing.T) {
			answerer, calls := callee(t, sip.Options{})
			out, in := pair(t, caller, sip.Invite{To: uri(answerer, "1000", "udp"), Codecs: []sdp.Codec{codec}}, calls)
			heard := listen(in)
			must(t, out.WriteRTP(packet(10, "before")))
			must(t, out.SendDTMF(deadline(t), "1#", 60*time.Millisecond))
			must(t, out.WriteRTP(packet(11, "after")))
			for _, want := range "1#" {
				if got := expect[sip.Digit](t, in); got.Key != want || got.Duration != 60*time.Millisecond {
					t.Errorf("got %c %v", got.Key, got.Duration)
				}
			}
			// the digits' packets stand between, and nothing looks lost
			if p := next(t, heard); string(p.Payload) != "before" || p.SequenceNumber != 10 {
				t.Errorf("got %v", p)
			}
			if p := next(t, heard); string(p.Payload) != "after" || p.SequenceNumber != 21 {
				t.Errorf("got %v", p)
			}
			if s := in.Stats(); s.Lost != 0 || s.Received != 2 {
				t.Errorf("stats %+v", s)
			}
			if err := out.SendDTMF(deadline(t), "12x", time.Second); err == nil || !strings.Contains(err.Error(), "number 3") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestSoundOfOthersIsNotHeard(t *testing.T) {
	t.Parallel()
	caller := start(t, sip.Options{})
	answerer, calls := callee(t, sip.Options{})
	out, in := pair(t, caller, sip.Invite{To: uri(answerer, "1000", "udp")}, calls)
	heard := listen(in)
	must(t, out.WriteRTP(packet(1, "true")))
	next(t, heard)

	// when somebody at another address who knows the port throws packets at it
	thief, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 66)})
	must(t, err)
	defer func() { must(t, thief.Close()) }()
	for seq := range uint16(20) {
		p := &rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 102, SequenceNumber: seq, SSRC: 666}, Payload: []byte("false")}
		b, err := p.Marshal()
		must(t, err)
		_, err = thief.WriteToUDPAddrPort(b, sip.RTPAddr(in))
		must(t, err)
	}
	must(t, out.WriteRTP(packet(2, "true")))

	// then only the far end is heard
	if p := next(t, heard); string(p.Payload) != "true" {
		t.Errorf("heard %q", p.Payload)
	}
	if s := in.Stats(); s.Strange != 20 || s.Received != 2 {
		t.Errorf("stats %+v", s)
	}
}

func TestBrokenPacketsAreLeftOut(t *testing.T) {
	t.Parallel()
	caller := start(t, sip.Options{})
	answerer, calls := callee(t, sip.Options{})
	out, in := pair(t, caller, sip.Invite{To: uri(answerer, "1000", "udp")}, calls)
	heard := listen(in)
	for _, payload := range []string{"", strings.Repeat("x", 3000)} {
		if err := out.WriteRTP(packet(1, payload)); err == nil {
			t.Error("sent")
		}
	}
	if s := out.Stats(); s.Dropped != 2 {
		t.Errorf("stats %+v", s)
	}
	must(t, out.WriteRTP(packet(1, "first")))
	next(t, heard)
}

func TestCodecsAreChosenByPreference(t *testing.T) {
	t.Parallel()
	caller := start(t, sip.Options{})
	answerer, calls := callee(t, sip.Options{Codecs: []sdp.Codec{sdp.Opus, sdp.PCMA, sdp.PCMU}})
	for _, tt := range []struct {
		offered []sdp.Codec
		want    sdp.Codec
	}{
		{nil, sdp.Opus},
		{[]sdp.Codec{sdp.PCMU, sdp.PCMA}, sdp.PCMA},
		{[]sdp.Codec{sdp.G722, sdp.PCMU}, sdp.PCMU},
	} {
		out := dial(t, caller, sip.Invite{To: uri(answerer, "1000", "udp"), Codecs: tt.offered})
		in := next(t, calls)
		must(t, in.Answer(deadline(t)))
		expect[sip.Answered](t, out)
		if out.Format().Codec != tt.want || in.Format().Codec != tt.want {
			t.Errorf("%v: %v and %v", tt.offered, out.Format(), in.Format())
		}
	}
}

func TestPortsComeFromTheRangeUntilItIsEmpty(t *testing.T) {
	t.Parallel()
	answerer, calls := callee(t, sip.Options{})
	caller := start(t, sip.Options{RTP: sip.PortRange{Low: 31001, High: 31005}})
	for range 2 {
		out, _ := pair(t, caller, sip.Invite{To: uri(answerer, "1000", "udp")}, calls)
		if p := sip.RTPAddr(out).Port(); p != 31002 && p != 31004 {
			t.Errorf("port %d", p)
		}
	}
	if _, err := caller.Dial(deadline(t), sip.Invite{To: uri(answerer, "1000", "udp")}); !errors.Is(err, sip.ErrNoPort) {
		t.Errorf("got %v", err)
	}
}

func TestUnreadEventsEndTheCallNotTheProgram(t *testing.T) {
	t.Parallel()
	a, calls := callee(t, sip.Options{})
	w := newWire(t, a)
	w.send(w.message("INVITE", "chatty", "", 1, w.sdp()))
	d := next(t, calls)
	must(t, d.Answer(deadline(t)))
	ok := w.response(200)
	w.ack("chatty", ok, 1, "")
	for i := range 200 {
		w.send(strings.Replace(w.message("INFO", "chatty", toTag(ok), 2+i, "5"), "application/sdp", "application/dtmf", 1))
		if res := w.read(patience); res == nil {
			t.Fatal("no response")
		}
	}
	var last sip.Event
	for e := range d.Events() {
		last = e
	}
	if e, ok := last.(sip.Ended); !ok || !errors.Is(e.Err, sip.ErrSlow) {
		t.Errorf("got %v", last)
	}
}
