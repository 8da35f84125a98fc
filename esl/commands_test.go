package esl_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"switchgram/esl"
	"switchgram/esl/esltest"
)

func TestChannelsAreListed(t *testing.T) {
	s := startSwitch(t, esltest.Options{})
	c, ctx := dial(t, s, esl.Options{}), testContext(t)
	if all, err := c.Channels(ctx); err != nil || len(all) != 0 {
		t.Errorf("without channels: %v, %v", all, err)
	}
	s.NewChannel(esltest.ChannelOptions{UUID: "a"})
	s.NewChannel(esltest.ChannelOptions{UUID: "b", Incoming: true})
	all, err := c.Channels(ctx)
	if err != nil || len(all) != 2 || all[0].UUID != "a" || all[1].Direction != "inbound" || all[1].CallState != "RINGING" {
		t.Errorf("%+v, %v", all, err)
	}
	for uuid, want := range map[string]bool{"a": true, "c": false} {
		if got, err := c.Exists(ctx, uuid); got != want || err != nil {
			t.Errorf("%s exists: %v, %v", uuid, got, err)
		}
	}
}

// conferenceList is what FreeSWITCH 1.11 answered to "conference room json_list", shortened.
const conferenceList = "[{\n\t\t\"conference_name\":\t\"room\",\n\t\t\"member_count\":\t1,\n\t\t\"members\":\t[{\n\t\t\t\t\"type\":\t\"caller\",\n\t\t\t\t\"id\":\t1,\n" +
	"\t\t\t\t\"flags\":\t{\n\t\t\t\t\t\"can_hear\":\ttrue,\n\t\t\t\t\t\"can_speak\":\tfalse,\n\t\t\t\t\t\"has_floor\":\ttrue\n\t\t\t\t},\n" +
	"\t\t\t\t\"uuid\":\t\"11111111-0000-0000-0000-000000000001\",\n\t\t\t\t\"caller_id_name\":\t\"Outbound Call\",\n\t\t\t\t\"caller_id_number\":\t\"default\"\n\t\t\t}]\n\t}]"

func TestConference(t *testing.T) {
	s := startSwitch(t, esltest.Options{})
	c, ctx := dial(t, s, esl.Options{}), testContext(t)
	var refused *esl.ReplyError
	if _, err := c.Members(ctx, "nosuch"); !errors.As(err, &refused) {
		t.Errorf("unknown conference: %v", err)
	}
	s.HandleAPI("conference", func(_ context.Context, args string) string {
		if args == "room json_list" {
			return conferenceList
		}
		return "+OK\n"
	})
	members, err := c.Members(ctx, "room")
	if err != nil || len(members) != 1 || members[0].ID != 1 || members[0].CallerName != "Outbound Call" || members[0].Flags.CanSpeak || !members[0].Flags.Floor {
		t.Errorf("%+v, %v", members, err)
	}
	must(t, c.Mute(ctx, "room", 1, true))
	must(t, c.Kick(ctx, "room", 1))
	if _, err := c.Conference(ctx, "room", "play", "/tmp/it's here.wav"); err != nil {
		t.Error(err)
	}
	got := s.Received()
	for i, want := range []string{"api conference room mute 1", "api conference room kick 1", `api conference room play /tmp/it\'s\shere.wav`} {
		if got[len(got)-3+i] != want {
			t.Errorf("sent %q, want %q", got[len(got)-3+i], want)
		}
	}
}

// TestAbandonedCallIsEnded: whoever no longer waits for an answer leaves no telephone ringing.
func TestAbandonedCallIsEnded(t *testing.T) {
	s := startSwitch(t, esltest.Options{})
	c := dial(t, s, esl.Options{})
	subscribe(t, c, "CHANNEL_CREATE", "CHANNEL_HANGUP")
	w := c.Watch("ringing")
	ctx, giveUp := context.WithCancel(testContext(t))
	failed := make(chan error)
	go func() {
		_, err := c.Originate(ctx, esl.Originate{To: "ring/1000", UUID: "ringing", Timeout: 30 * time.Second})
		failed <- err
	}()
	next(t, w, "CHANNEL_CREATE")
	giveUp()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if e := next(t, w, "CHANNEL_HANGUP"); e.Cause() != "ORIGINATOR_CANCEL" {
		t.Errorf("ended with %q", e.Cause())
	}
}

func TestOriginateAsSent(t *testing.T) {
	s := startSwitch(t, esltest.Options{})
	c, ctx := dial(t, s, esl.Options{}), testContext(t)
	for want, o := range map[string]esl.Originate{
		"{originate_timeout=20,origination_uuid=u1}user/1 &park()":                      {UUID: "u1", To: "user/1", Timeout: 20 * time.Second},
		"{origination_uuid=u2}user/1 3000 XML default":                                  {UUID: "u2", To: "user/1", Extension: "3000"},
		`{origination_uuid=u3}user/1 &playback(/tmp/a\sb.wav)`:                          {UUID: "u3", To: "user/1", App: "playback", Arg: "/tmp/a b.wav"},
		`{origination_caller_id_name=a\\,\\\\sb,origination_uuid=u4}error/X &park()`:    {UUID: "u4", To: "error/X", CallerName: "a, b"},
		"{origination_caller_id_number=1,origination_uuid=u5,x=y}user/1,user/2 &park()": {UUID: "u5", To: "user/1,user/2", CallerNumber: "1", Variables: esl.Variables{"x": "y", "empty": ""}},
	} {
		_, _ = c.Originate(ctx, o)
		line := s.Received()[len(s.Received())-1]
		if got, _, _ := strings.Cut(line, "\n"); got != "bgapi originate "+want {
			t.Errorf("sent %s\nwant %s", got, want)
		}
	}
}

func TestUnicastAsSent(t *testing.T) {
	s := startSwitch(t, esltest.Options{})
	c := dial(t, s, esl.Options{})
	s.NewChannel(esltest.ChannelOptions{UUID: "u"})
	must(t, c.SendMsg(testContext(t), "u", esl.Message{Unicast: &esl.Unicast{
		Local: netip.MustParseAddrPort("127.0.0.1:8025"), Remote: netip.MustParseAddrPort("127.0.0.1:8026"), TCP: true, Native: true}}))
	const want = "sendmsg u\ncall-command: unicast\nlocal-ip: 127.0.0.1\nlocal-port: 8025\nremote-ip: 127.0.0.1\nremote-port: 8026\ntransport: tcp\nflags: native"
	if got := s.Received(); got[len(got)-1] != want {
		t.Errorf("sent %q", got[len(got)-1])
	}
}

func TestCauses(t *testing.T) {
	for cause, want := range map[esl.Cause]int{"USER_BUSY": 17, "NORMAL_CLEARING": 16, "USER_NOT_REGISTERED": 20, "ALLOTTED_TIMEOUT": 19, "NO_SUCH_CAUSE": 31, "": 0} {
		if got := cause.Q850(); got != want {
			t.Errorf("%q is %d, want %d", cause, got, want)
		}
	}
}
