package eventsocket

import (
	"testing"

	"switchgram/bridge"
	"switchgram/esl"
	"switchgram/esl/esltest"
)

// follow follows a channel; gone hears that it has ended though SIP has not said so.
func (h *house) follow(callID string, call bridge.CallID) (c *Channel, gone chan bridge.Cause) {
	h.t.Helper()
	gone = make(chan bridge.Cause, 1)
	c = h.Follow(callID, call)
	c.OnGone(func(why bridge.Cause) { gone <- why })
	h.t.Cleanup(c.Close)
	return c, gone
}

func TestDialplanSeesWhoCallsFromTelegram(t *testing.T) {
	for name, c := range map[string]esltest.ChannelOptions{
		"where the Call-ID is the channel's UUID": {UUID: "our-call-id", Incoming: true},
		"elsewhere": {UUID: "another", Incoming: true, Variables: []esltest.Header{{Name: "sip_call_id", Value: "our-call-id"}}},
	} {
		t.Run(name, func(t *testing.T) {
			h := build(t)
			h.Publish(fromTelegram(bridge.CallIncoming))
			channel, _ := h.follow("our-call-id", "5f-1")

			h.fs.NewChannel(c)

			for variable, want := range map[string]string{
				"tg_phone": "+4930123456", "tg_username": "ann", "tg_id": "77", "tg_line": "main", "tg_call_id": "4711",
				"tg_name": esl.Text(hostileName + " Ahlers"),
			} {
				h.wantVariable(c.UUID, variable, want)
			}
			if channel.UUID() != c.UUID {
				t.Errorf("the channel is %q", channel.UUID())
			}
			h.Publish(answeredEvent("our-call-id"))
			h.wantVariable(c.UUID, "tg_version", "13.0.0")
		})
	}
}

func TestDialplanSeesWhomItCallsOnTelegram(t *testing.T) {
	h := build(t)
	h.fs.NewChannel(esltest.ChannelOptions{UUID: "there-already"})
	h.follow("there-already", "")
	incoming := event(bridge.CallIncoming)
	incoming.Leg, incoming.Address = "there-already", sip1000
	h.Publish(incoming)
	h.wantVariable("there-already", "tg_line", "main")

	h.Publish(fromTelegram(bridge.CallRinging))

	h.wantVariable("there-already", "tg_username", "ann")
	h.Publish(answeredEvent("there-already"))
	h.wantVariable("there-already", "tg_version", "13.0.0")
}

func TestCallThatBeganWithoutTheEventSocketIsFoundLater(t *testing.T) {
	h := build(t)
	h.fs.Down()
	h.until("the connection is gone", func() bool { return !h.Connected() })
	h.Publish(fromTelegram(bridge.CallIncoming))
	h.follow("one", "5f-1")
	h.follow("two", "5f-1")
	h.fs.NewChannel(esltest.ChannelOptions{UUID: "one"})
	h.fs.NewChannel(esltest.ChannelOptions{UUID: "another", Variables: []esltest.Header{{Name: "sip_call_id", Value: "two"}}})

	h.must(h.fs.Up())

	h.wantVariable("one", "tg_id", "77")
	h.wantVariable("another", "tg_id", "77")
}

func TestChannelEndsAndSIPDoesNotSaySo(t *testing.T) {
	h := build(t)
	_, gone := h.follow("c", "")
	channel := h.fs.NewChannel(esltest.ChannelOptions{UUID: "c"})

	channel.Hangup("USER_BUSY")

	if why := next(h, gone); why != bridge.UserBusy {
		t.Errorf("gone for %s", why)
	}
}

func TestFreeSWITCHForgetsACallInARestart(t *testing.T) {
	h := build(t)
	channel, gone := h.follow("c", "")
	_, other := h.follow("later", "")
	h.fs.NewChannel(esltest.ChannelOptions{UUID: "c"})
	h.until("it is found", func() bool { return channel.UUID() == "c" })

	h.fs.Down()
	h.fs.Restart()
	h.must(h.fs.Up())

	if why := next(h, gone); why != bridge.NormalTemporaryFailure {
		t.Errorf("gone for %s", why)
	}
	h.fs.NewChannel(esltest.ChannelOptions{UUID: "later"}).Hangup("NO_ANSWER")
	if why := next(h, other); why != bridge.NoAnswer {
		t.Errorf("a call that was being made ended for %s", why)
	}
}

func TestFreeSWITCHRecoversACallAfterARestart(t *testing.T) {
	h := build(t)
	h.lostAfter = patience // it is asked sooner only if it says something
	channel, gone := h.follow("c", "")
	h.fs.NewChannel(esltest.ChannelOptions{UUID: "c"})
	h.until("it is found", func() bool { return channel.UUID() == "c" })

	h.fs.Down()
	h.fs.Restart()
	h.must(h.fs.Up())
	next(h, h.ups)
	recovered := h.fs.NewChannel(esltest.ChannelOptions{UUID: "c"})
	recovered.Hangup("NORMAL_CLEARING")

	if why := next(h, gone); why != bridge.NormalClearing {
		t.Errorf("gone for %s", why)
	}
}

func TestSIPIsQuicker(t *testing.T) {
	h := build(t)
	channel, gone := h.follow("c", "")
	there := h.fs.NewChannel(esltest.ChannelOptions{UUID: "c"})
	h.until("it is found", func() bool { return channel.UUID() == "c" })
	channel.Close()
	h.until("it is followed no more", func() bool { return h.channel("c") == nil })

	there.Hangup("USER_BUSY")
	h.end()

	select {
	case why := <-gone:
		t.Errorf("told that it has ended for %s, after its leg did", why)
	default:
	}
}

func TestNothingIsFollowedWhenNothingRuns(t *testing.T) {
	h := build(t)
	h.end()
	c, _ := h.follow("c", "")
	if c.UUID() != "" || h.channel("c") != nil {
		t.Error("it is followed")
	}
}
