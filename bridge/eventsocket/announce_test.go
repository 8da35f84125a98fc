package eventsocket

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/recording"
	"switchgram/esl"
	"switchgram/esl/esltest"
)

// wantFields reports fields of an event that are other than wanted; empty: it must have none of the name.
func wantFields(t *testing.T, e *esl.Event, want map[string]string) {
	t.Helper()
	for name, value := range want {
		if got, there := e.Lookup(name); got != value || there == (value == "") {
			t.Errorf("%s: %s is %q (there: %t), want %q", e.Get("TG-Action"), name, got, there, value)
		}
	}
}

func TestOtherProgramsSeeTelegramCalls(t *testing.T) {
	h := build(t)
	incoming := fromTelegram(bridge.CallIncoming)
	incoming.Reference = "order 66"
	h.Publish(incoming)
	wantFields(t, h.heard(), map[string]string{
		"Event-Name": "CUSTOM", "Event-Subclass": "switchgram::call", "TG-Action": "incoming", "TG-Time": "2026-11-22T05:00:00.120Z", "TG-Call": "5f-1",
		"TG-Line": "main", "TG-From": "tg:+4930123456", "TG-To": "sip:1000", "TG-Leg": "tg-4711", "TG-Phone": "+4930123456", "TG-Username": "ann",
		"TG-ID": "77", "TG-Name": esl.Text(hostileName + " Ahlers"), "TG-Call-ID": "4711", "TG-Version": "", "TG-Channel": "", "Unique-ID": "",
		"TG-Cause": "", "TG-Lost": "", "TG-Reference": "order 66",
	})
	c, _ := h.follow("c", "5f-1")
	h.fs.NewChannel(esltest.ChannelOptions{UUID: "c"})
	h.until("it is found", func() bool { return c.UUID() != "" })
	h.Publish(answeredEvent("c"))
	wantFields(t, h.heard(), map[string]string{"TG-Action": "answered", "TG-Channel": "c", "TG-Version": "13.0.0", "TG-Username": "ann"})

	h.Publish(event(bridge.CallDigit))
	silent := event(bridge.CallSilent)
	silent.Silence = &bridge.Silence{Text: "callee cannot be heard"}
	h.Publish(silent)
	wantFields(t, h.heard(), map[string]string{"TG-Action": "silent", "TG-Silence": "callee cannot be heard"})
	c.Close()
	h.until("it is followed no more", func() bool { return h.channel("c") == nil })
	ended := fromTelegram(bridge.CallEnded)
	ended.Outcome = &bridge.Outcome{Cause: bridge.NormalClearing, Legs: []bridge.LegOutcome{{ID: "tg-4711"}}}
	h.Publish(ended)
	wantFields(t, h.heard(), map[string]string{"TG-Action": "ended", "TG-Channel": "c", "TG-Cause": "NORMAL_CLEARING"})
	ready := event(bridge.RecordingReady)
	ready.Recording = &recording.Info{ID: "r1"}
	h.Publish(ready)
	wantFields(t, h.heard(), map[string]string{"TG-Action": "recording.ready", "TG-Recording": "r1"})
}

func TestOtherProgramsGetTheEventInFull(t *testing.T) {
	h := build(t)
	incoming := fromTelegram(bridge.CallIncoming)
	h.Publish(incoming)

	body := h.heard().Body()

	var got bridge.Report
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatalf("%q: %v", body, err)
	}
	if want := incoming.Report(); got.Call != want.Call || got.Caller != want.Caller || got.Version != want.Version || got.Direction != want.Direction {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if strings.Contains(body, "${") {
		t.Errorf("%q has what could be taken for a variable", body)
	}
}

func TestOtherProgramsSeeHowACallEnded(t *testing.T) {
	h := build(t)
	began := time.Date(2026, 11, 22, 5, 0, 0, 0, time.UTC)
	ended := event(bridge.CallEnded)
	ended.Outcome = &bridge.Outcome{
		Cause: bridge.UserBusy, EndedBy: "c", Path: "relay opus", Times: bridge.Times{Connected: began, Ended: began.Add(14044 * time.Millisecond)},
		Legs: []bridge.LegOutcome{
			{ID: "tg-1", Quality: bridge.Quality{
				Hears: 4.331, RTT: bridge.Millis(41 * time.Millisecond), In: bridge.Flow{MOS: 4.36, Loss: 0.0125, Jitter: bridge.Millis(20 * time.Millisecond)},
			}},
			{ID: "c", Quality: bridge.Quality{Hears: 4.4}},
		},
	}
	h.Publish(ended)
	wantFields(t, h.heard(), map[string]string{
		"TG-Action": "ended", "TG-Cause": "USER_BUSY", "TG-Cause-Q850": "17", "TG-Fault": "none", "TG-Ended-By": "callee", "TG-Path": "relay opus",
		"TG-Talk-Seconds": "14.044", "TG-Caller-Hears-MOS": "4.33", "TG-Callee-Hears-MOS": "4.40", "TG-Caller-In-Loss": "0.0125",
		"TG-Caller-In-MOS": "4.36", "TG-Caller-In-Jitter-Msec": "20.0", "TG-Caller-Round-Trip-Msec": "41.0", "TG-Caller-Out-MOS": "",
	})
	if len(h.talks) != 0 {
		t.Errorf("still known: %v", h.talks)
	}

	ended.Outcome = &bridge.Outcome{Cause: bridge.NoAnswer, Legs: []bridge.LegOutcome{{ID: "tg-1"}}}
	h.Publish(ended)
	wantFields(t, h.heard(), map[string]string{"TG-Cause": "NO_ANSWER", "TG-Ended-By": "bridge", "TG-Talk-Seconds": "", "TG-Path": ""})
}

func TestOthersHearHowLinesStand(t *testing.T) {
	h := build(t)
	h.Publish(bridge.NewLineEvent("sales", false, bridge.Standing{Side: "telegram", State: "login needed"}))
	wantFields(t, h.heard(), map[string]string{
		"TG-Action": "line.down", "TG-Line": "sales", "TG-Side": "telegram", "TG-State": "login needed", "TG-Call": "", "TG-Channel": "",
	})
	h.Publish(bridge.NewLineEvent("sales", true, bridge.Standing{Side: "telegram", State: "up"}))
	wantFields(t, h.heard(), map[string]string{"TG-Action": "line.up", "TG-Line": "sales", "TG-State": "up"})
}

// TestCallsDoNotWaitForABus: whoever tells of a call is never held up, and who listens is told how much was lost.
func TestCallsDoNotWaitForABus(t *testing.T) {
	h := build(t)
	stuck, release := make(chan struct{}), make(chan struct{})
	h.fs.HandleAPI("stuck", func(context.Context, string) string { close(stuck); <-release; return "" })
	asked := make(chan error, 1)
	go func() { _, err := h.client.API(h.ctx, "stuck"); asked <- err }() // FreeSWITCH does nothing else meanwhile
	next(h, stuck)
	const all = mostAnnouncements + 100
	for range all {
		h.Publish(fromTelegram(bridge.CallSilent))
	}
	bus := h.collect()
	close(release)
	h.must(next(h, asked))
	h.until("all is counted", func() bool { st := h.Stats(); return st.Announced+st.Lost == all })
	h.Publish(fromTelegram(bridge.CallSounds))

	got := next(h, bus)
	lost := 0
	for _, e := range got {
		n, _ := strconv.Atoi(e.Get("TG-Lost")) // most have none
		lost += n
	}
	if len(got) <= mostAnnouncements || len(got)+lost != all+1 {
		t.Errorf("heard %d and told of %d that were lost, of %d", len(got), lost, all+1)
	}
}

// collect reads the bus until "sounds" has been heard there.
func (h *house) collect() <-chan []*esl.Event {
	collected := make(chan []*esl.Event, 1)
	var reading sync.WaitGroup
	h.t.Cleanup(reading.Wait)
	reading.Go(func() {
		var all []*esl.Event
		for e := range h.bus.Events() {
			if all = append(all, e); e.Get("TG-Action") == "sounds" {
				break
			}
		}
		collected <- all
	})
	return collected
}

func TestWhatHappensWhileFreeSWITCHIsAwayIsCounted(t *testing.T) {
	h := build(t)
	h.fs.Down()
	h.until("the connection is gone", func() bool { return !h.Connected() })
	h.Publish(fromTelegram(bridge.CallIncoming))
	h.Publish(fromTelegram(bridge.CallRinging))
	h.must(h.fs.Up())
	next(h, h.ups)
	h.listen()

	h.Publish(fromTelegram(bridge.CallAccepted))

	wantFields(t, h.heard(), map[string]string{"TG-Action": "accepted", "TG-Lost": "2", "TG-Username": "ann"})
	h.Publish(fromTelegram(bridge.CallHeld))
	wantFields(t, h.heard(), map[string]string{"TG-Action": "held", "TG-Lost": ""})
}

func TestLastWordsAreSaid(t *testing.T) {
	h := build(t)
	const many = 200
	for range many {
		h.Publish(fromTelegram(bridge.CallSilent))
	}
	h.end()
	for range many {
		h.heard()
	}
	h.Publish(fromTelegram(bridge.CallSilent)) // nobody hears it, and nothing breaks
	if st := h.Stats(); st.Announced != many || st.Lost != 1 {
		t.Errorf("counted %+v", st)
	}
}
