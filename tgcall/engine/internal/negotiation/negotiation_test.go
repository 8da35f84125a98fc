package negotiation

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"

	"switchgram/tgcall/signal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start makes a negotiation whose offers have the ids 101, 102 and so on, or 201, 202 for a callee.
func start(t *testing.T, caller bool) *Negotiation {
	t.Helper()
	n := New(caller, false, 7)
	id := signal.ID(200)
	if caller {
		id = 100
	}
	n.newID = func() signal.ID { id++; return id }
	return n
}

// offerOf is an offer of the peer, whose audio has the SSRC 9.
func offerOf(id signal.ID, more ...signal.Content) signal.NegotiateChannels {
	return signal.NegotiateChannels{ExchangeID: id, Contents: append([]signal.Content{ourAudio(9)}, more...)}
}

func video() signal.Content {
	return signal.Content{Type: "video", SSRC: 11, PayloadTypes: []signal.PayloadType{{ID: 96, Name: "VP8", Clockrate: 90000}}}
}

func ids(r Result) (all []signal.ID) {
	for _, m := range r.Send {
		all = append(all, m.ExchangeID)
	}
	return all
}

func TestCallerHearsAfterAnsweringTheCalleesOffer(t *testing.T) {
	n := start(t, true)
	offer := n.Offer()

	agreed := n.Receive(offer) // a correct answer is an echo
	if agreed.Outgoing == nil || agreed.Outgoing.SSRC != 7 || agreed.Outgoing.TransportCC != 3 || agreed.Outgoing.AbsSendTime != 2 {
		t.Errorf("our audio as accepted: %+v", agreed.Outgoing)
	}
	if len(agreed.Send) != 0 {
		t.Errorf("answered an answer: %v", agreed.Send)
	}

	heard := n.Receive(offerOf(500))
	if want := []signal.NegotiateChannels{offerOf(500)}; !cmp.Equal(heard.Send, want) {
		t.Errorf("answer is no echo: %s", cmp.Diff(want, heard.Send))
	}
	if want := (&Audio{SSRC: 9, PayloadTypes: []uint8{111}, AbsSendTime: 2, TransportCC: 3}); !cmp.Equal(heard.Incoming, want) {
		t.Error(cmp.Diff(want, heard.Incoming))
	}
}

func TestCalleeAnswersFirstAndThenOffers(t *testing.T) {
	n := start(t, false)
	r := n.Receive(offerOf(500))
	if !slices.Equal(ids(r), []signal.ID{500, 201}) {
		t.Fatalf("sent %v, want the answer 500 and our offer 201", ids(r))
	}
	if r.Send[0].Contents[0].SSRC != 9 || r.Send[1].Contents[0].SSRC != 7 {
		t.Errorf("an answer has the offerer's SSRC, an offer ours: %+v", r.Send)
	}
	if again := n.Receive(offerOf(501)); again.Incoming == nil {
		t.Error("a second offer of the caller was not answered")
	}
}

func TestCalleeOffersOnceWhenItsOfferWasAnswered(t *testing.T) {
	n := start(t, false)
	ours := n.Receive(offerOf(500)).Send[1]
	if r := n.Receive(ours); r.Outgoing == nil || r.Outgoing.SSRC != 7 {
		t.Fatalf("our audio was not agreed: %+v", r)
	}
	if r := n.Receive(offerOf(502)); !slices.Equal(ids(r), []signal.ID{502}) {
		t.Errorf("sent %v to a camera being switched on, want one answer", ids(r))
	}
}

func TestCallerIgnoresTheCalleesConflictingOffer(t *testing.T) {
	n := start(t, true)
	offer := n.Offer()
	if r := n.Receive(offerOf(500)); len(r.Send) != 0 || r.Incoming != nil {
		t.Errorf("a conflicting offer was taken: %+v", r)
	}
	if r := n.Receive(offer); r.Outgoing == nil || len(r.Send) != 0 {
		t.Errorf("after the conflict: %+v", r)
	}
}

func TestOfferThatOvertookTheAnswerIsAnsweredLater(t *testing.T) {
	n := start(t, true)
	n.unordered = true
	offer := n.Offer()
	if r := n.Receive(offerOf(500)); len(r.Send) != 0 {
		t.Errorf("answered too early: %v", ids(r))
	}
	r := n.Receive(offer)
	if r.Outgoing == nil || r.Incoming == nil || !slices.Equal(ids(r), []signal.ID{500}) {
		t.Errorf("the kept offer was not answered: %+v", r)
	}
}

func TestCalleeGivesWayAndOffersAgain(t *testing.T) {
	n := start(t, false)
	lost := n.Offer() // nobody offered for five seconds
	r := n.Receive(offerOf(500))
	if !slices.Equal(ids(r), []signal.ID{500, 202}) {
		t.Fatalf("sent %v, want the answer and a new offer", ids(r))
	}
	if r := n.Receive(lost); len(r.Send) != 0 || r.Outgoing != nil || r.Note == "" {
		t.Errorf("an answer to the forgotten offer was taken: %+v", r)
	}
}

func TestRepeatedAnswerIsDropped(t *testing.T) {
	n := start(t, true)
	offer := n.Offer()
	n.Receive(offer)
	if r := n.Receive(offer); len(r.Send) != 0 || r.Incoming != nil || r.Outgoing != nil {
		t.Errorf("a second copy of an answer did something: %+v", r)
	}
}

func TestVideoIsDeclinedAndAudioStays(t *testing.T) {
	n := start(t, false)
	r := n.Receive(signal.NegotiateChannels{ExchangeID: 500, Contents: []signal.Content{video(), ourAudio(9)}})
	if len(r.Send[0].Contents) != 1 || r.Send[0].Contents[0].Type != "audio" {
		t.Errorf("answered %+v", r.Send[0].Contents)
	}
	if r.Incoming.SSRC != 9 {
		t.Errorf("incoming audio: %+v", r.Incoming)
	}
}

func TestOfferWithoutAudioEndsTheIncomingAudio(t *testing.T) {
	n := start(t, false)
	n.Receive(offerOf(500))
	r := n.Receive(signal.NegotiateChannels{ExchangeID: 501, Contents: []signal.Content{video()}})
	if len(r.Send[0].Contents) != 0 || r.Incoming == nil || r.Incoming.SSRC != 0 {
		t.Errorf("%+v", r)
	}
}

func TestOurAudioRefused(t *testing.T) {
	n := start(t, true)
	offer := n.Offer()
	offer.Contents = nil
	if r := n.Receive(offer); r.Outgoing == nil || r.Outgoing.SSRC != 0 {
		t.Errorf("%+v", r.Outgoing)
	}
}

func TestAnswerWithTheAnswerersOwnContentsIsAcceptance(t *testing.T) {
	n := start(t, true)
	id := n.Offer().ExchangeID
	if r := n.Receive(offerOf(id)); r.Outgoing == nil || r.Outgoing.SSRC != 7 {
		t.Errorf("%+v", r.Outgoing)
	}
}

func TestUnknownPartsAreLeftOutOfTheAnswer(t *testing.T) {
	n := start(t, false)
	c := ourAudio(9)
	c.PayloadTypes = append(c.PayloadTypes,
		signal.PayloadType{ID: 13, Name: "CN", Clockrate: 48000},
		signal.PayloadType{ID: 72, Name: "opus", Clockrate: 48000}) // would be taken for RTCP
	c.PayloadTypes[0].FeedbackTypes = append(c.PayloadTypes[0].FeedbackTypes, signal.Feedback{Type: "nack"})
	c.RTPExtensions = append(c.RTPExtensions, signal.Extension{ID: 1, URI: "urn:ietf:params:rtp-hdrext:ssrc-audio-level"})
	r := n.Receive(signal.NegotiateChannels{ExchangeID: 500, Contents: []signal.Content{c}})
	if want := []signal.Content{ourAudio(9)}; !cmp.Equal(r.Send[0].Contents, want) {
		t.Error(cmp.Diff(want, r.Send[0].Contents))
	}
}

func TestExtensionIDsThatCannotBeWrittenAreNotUsed(t *testing.T) {
	n := start(t, false)
	c := ourAudio(9)
	c.RTPExtensions = []signal.Extension{{ID: 15, URI: transportCCURI}, {ID: -3, URI: absSendTimeURI}}
	r := n.Receive(signal.NegotiateChannels{ExchangeID: 500, Contents: []signal.Content{c}})
	if r.Incoming.TransportCC != 0 || r.Incoming.AbsSendTime != 0 {
		t.Errorf("%+v", r.Incoming)
	}
}

func TestConflictsWithoutEndStopCostingMemory(t *testing.T) {
	n := start(t, false)
	for id := range signal.ID(1000) {
		n.Receive(offerOf(10000 + id))
	}
	if len(n.offered) > maxOffers {
		t.Errorf("%d offers remembered", len(n.offered))
	}
}

func FuzzReceive(f *testing.F) {
	f.Add([]byte(`{"@type":"NegotiateChannels","exchangeId":"101","contents":[]}`), true)
	f.Add(signal.Encode(offerOf(500, video())), false)
	f.Add([]byte(`{"@type":"NegotiateChannels","exchangeId":1,"contents":[{"type":"audio","ssrc":7,"payloadTypes":[{"id":-1,"name":"OPUS","clockrate":48000}]}]}`), false)
	f.Fuzz(func(t *testing.T, text []byte, caller bool) {
		m, err := signal.Parse(text)
		if err != nil {
			return
		}
		hostile, ok := m.(signal.NegotiateChannels)
		if !ok {
			return
		}
		n := New(caller, caller, 7)
		if caller {
			n.Offer()
		}
		for range 3 {
			r := n.Receive(hostile)
			for _, out := range r.Send {
				if again, err := signal.Parse(signal.Encode(out)); err != nil || !cmp.Equal(again, signal.Message(out), cmpopts.EquateEmpty()) {
					t.Errorf("our own message is not understood: %v %s", err, signal.Encode(out))
				}
			}
			if r.Incoming != nil && r.Incoming.SSRC != 0 && len(r.Incoming.PayloadTypes) == 0 {
				t.Errorf("audio without a codec: %+v", r.Incoming)
			}
		}
	})
}
