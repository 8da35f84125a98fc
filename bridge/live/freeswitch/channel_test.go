package freeswitch_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/live/freeswitch"
	"switchgram/bridge/route"
	"switchgram/esl"
	"switchgram/esl/esltest"
)

func TestCallerHearsWhatAScriptPlays(t *testing.T) {
	o := freeswitch.Options{Sound: func(name string) (string, error) { return "/sounds/" + name, nil }}
	drive(t, o, func(h *house, c *freeswitch.Channel, _ *esl.Session) {
		ctx := h.ctx
		must(t, c.Ring(ctx))
		must(t, c.PreAnswer(ctx))
		must(t, c.Answer(ctx))
		must(t, c.Play(ctx, route.Prompt{Terminators: "#", Sounds: []route.Sound{
			{Name: "hello.wav"}, {Kind: route.Tone, Name: "L=1;%(400, 200, 800)"}, {Kind: route.Silence, Length: 300 * time.Millisecond},
			{Kind: route.Say, Name: "42", Language: "de", Method: "counted"}, {Kind: route.Stream, Name: "https://example.org/a.mp3"},
		}}))
		h.wantRan("ring_ready", "pre_answer", "playback /sounds/hello.wav", "playback tone_stream://L=1;%(400,200,800)", "playback silence_stream://300",
			"say de NUMBER counted 42", "playback http_cache://https://example.org/a.mp3")
		h.wantVariable("playback_terminators", "#")

		h.app("playback", func(c *esltest.Channel, _ string) { c.SetVariable("playback_terminator_used", "#") })
		must(t, c.Play(ctx, route.Prompt{Terminators: "#", Sounds: []route.Sound{{Name: "long.wav"}, {Name: "never.wav"}}}))
		h.wantRan("playback /sounds/long.wav")
		if err := c.Play(ctx, route.Prompt{Sounds: []route.Sound{{Kind: route.Stream, Name: "file:///etc/passwd"}}}); err == nil {
			t.Error("a file was played as a stream")
		}
	})
}

func TestCallerPressesKeys(t *testing.T) {
	drive(t, freeswitch.Options{}, func(h *house, c *freeswitch.Channel, _ *esl.Session) {
		h.app("play_and_get_digits", func(c *esltest.Channel, _ string) { c.SetVariable("switchgram_digits", "42") })
		got, err := c.Collect(h.ctx, route.Collection{
			Prompt: []route.Sound{{Name: "ivr/menu.wav"}, {Kind: route.Silence, Length: time.Second}}, Min: 1, Max: 2, Timeout: 5 * time.Second,
			Between: 2 * time.Second, Terminators: "#", Flush: true,
		})
		must(t, err)
		if got != "42" {
			t.Errorf("pressed %q", got)
		}
		h.wantRan("flush_dtmf", "play_and_get_digits 1 2 1 5000 # file_string://ivr/menu.wav!silence_stream://1000 silence_stream://1 switchgram_digits .+ 2000")
		if _, err := c.Collect(h.ctx, route.Collection{Prompt: []route.Sound{{Name: "two words.wav"}}}); !errors.Is(err, esl.ErrUnsafe) {
			t.Errorf("a name with a blank: %v", err)
		}
	})
}

// bridgeTo has "bridge" connect the caller with somebody for a moment.
func bridgeTo(destination string) func(c *esltest.Channel, arg string) {
	return func(c *esltest.Channel, _ string) {
		c.Fire("CHANNEL_BRIDGE", esltest.Header{Name: "Other-Leg-Unique-ID", Value: "b-leg"}, esltest.Header{Name: "Other-Leg-Destination-Number", Value: destination})
		c.SetVariable("originate_disposition", "SUCCESS")
		c.SetVariable("bridge_hangup_cause", "NORMAL_CLEARING")
	}
}

func TestCallerIsConnected(t *testing.T) {
	o := freeswitch.Options{Domain: "fs.example", Telegram: func(peer string) (string, string, error) { return "line-main", peer, nil }}
	drive(t, o, func(h *house, c *freeswitch.Channel, s *esl.Session) {
		h.app("bridge", bridgeTo("102"))
		h.fs.HandleAPI("verto_contact", func(_ context.Context, who string) string { return "verto.rtc/" + who })
		met := 0
		got, err := c.Connect(h.ctx, route.Dial{
			Targets: []route.Target{
				{Type: "user", Name: "101", Timeout: 20 * time.Second}, {Type: "verto", Name: "102"}, {Type: "telegram", Name: "@second_agent"},
				{Type: "sipGateway", Name: "gsm", DialString: "380501234567"}, {Type: "sipUri", DialString: "5", Host: "pbx.example:5070"},
			},
			Timeout: 30 * time.Second, CallerName: "Ann {O'Neil}, ${system(x)}", CallerID: "+4930", Group: "sales", OnAnswer: func() { met++ },
		})
		must(t, err)
		h.wantRan(`bridge {ignore_early_media=true,originate_timeout=30,origination_caller_id_name=Ann\\s(O\\\'Neil)\,\\s(system(x)),origination_caller_id_number=+4930}` +
			`[leg_timeout=20]user/101@fs.example,verto.rtc/102@fs.example,[sip_h_X-TG-Dial=@second_agent]user/line-main@fs.example,sofia/gateway/gsm/380501234567,sofia/external/5@pbx.example:5070,pickup/sales`)
		if !got.Answered || got.Cause != bridge.NormalClearing || got.To != "102" || got.Leg != "b-leg" || met != 1 {
			t.Errorf("connected %+v, met %d times", got, met)
		}
		h.wantVariable("hangup_after_bridge", "false")
		h.caller.Hangup("NORMAL_CLEARING")
		last, err := s.Wait(h.ctx)
		must(t, err)
		if how := c.Ended(last); how.Missed || how.BridgedTo != "102" || how.Bridged.IsZero() || how.Variables["tg_phone"] != "+4930" || how.By != "system" {
			t.Errorf("ended %+v", how)
		}
	})
}

func TestNobodyAnswers(t *testing.T) {
	for word, want := range map[string]bridge.Cause{
		"ALLOTTED_TIMEOUT": bridge.NoAnswer, "USER_BUSY": bridge.UserBusy, "USER_NOT_REGISTERED": bridge.SubscriberAbsent, "nonsense": bridge.NormalUnspecified,
	} {
		drive(t, freeswitch.Options{}, func(h *house, c *freeswitch.Channel, s *esl.Session) {
			h.app("bridge", func(c *esltest.Channel, _ string) { c.SetVariable("originate_disposition", word) })
			got, err := c.Connect(h.ctx, route.Dial{Targets: []route.Target{{Type: "user", Name: "101"}}})
			must(t, err)
			if got.Answered || got.Cause != want || got.Word != word || got.To != "101" {
				t.Errorf("%s: %+v", word, got)
			}
			h.caller.Hangup("ORIGINATOR_CANCEL")
			last, err := s.Wait(h.ctx)
			must(t, err)
			if how := c.Ended(last); !how.Missed || how.Word != "ORIGINATOR_CANCEL" {
				t.Errorf("%s: ended %+v", word, how)
			}
		})
	}
}

func TestScriptIsToldThatTheCallerHasHungUp(t *testing.T) {
	drive(t, freeswitch.Options{}, func(h *house, c *freeswitch.Channel, _ *esl.Session) {
		h.app("playback", func(c *esltest.Channel, _ string) { c.Hangup("NORMAL_CLEARING") })
		err := c.Play(h.ctx, route.Prompt{Sounds: []route.Sound{{Name: "x.wav"}}})
		if ended := (*bridge.EndedError)(nil); !errors.As(err, &ended) || ended.Cause != bridge.NormalClearing {
			t.Errorf("playing ended with %v", err)
		}
	})
}

func TestCompany(t *testing.T) {
	drive(t, freeswitch.Options{Domain: "fs.example"}, func(h *house, c *freeswitch.Channel, s *esl.Session) {
		h.app("callcenter", func(c *esltest.Channel, _ string) {
			bridgeTo("1001")(c, "")
			c.SetVariable("cc_cause", "answered")
			c.SetVariable("cc_agent", "1001@fs.example")
			time.AfterFunc(50*time.Millisecond, func() { c.Fire("CHANNEL_UNBRIDGE") }) // they talk on when the application has ended
		})
		w, err := c.Wait(h.ctx, route.Waiting{Queue: "support", Priority: 5, Meanwhile: func(context.Context) {}, Bridged: func() {}})
		must(t, err)
		if !w.Answered || w.Result != "answered" || w.Agent != "1001" {
			t.Errorf("waited %+v", w)
		}
		must(t, c.JoinConference(h.ctx, route.Room{Name: "daily", PIN: "1234", Flags: []string{"mute", "join-vid-floor"}}))
		h.wantRan("callcenter support@fs.example", "conference daily_fs.example@default+1234+flags{mute|join-vid-floor}")
		for _, r := range []route.Room{{Name: "a b"}, {Name: "x", PIN: "1+flags{moderator}"}, {Name: "x", Flags: []string{"a}"}}} {
			if err := c.JoinConference(h.ctx, r); !errors.Is(err, esl.ErrUnsafe) {
				t.Errorf("%+v: %v", r, err)
			}
		}
	})
}

func TestRecordingsAreWrittenOnFreeSWITCHsMachine(t *testing.T) {
	drive(t, freeswitch.Options{Recordings: "/var/recordings"}, func(h *house, c *freeswitch.Channel, s *esl.Session) {
		file, err := c.Record(h.ctx, route.Recording{Stereo: true, WhenTwo: true, Least: 3 * time.Second, Announcing: []route.Sound{{Name: "recorded.wav"}}})
		must(t, err)
		must(t, c.StopRecording(h.ctx))
		must(t, c.StopRecording(h.ctx))
		h.app("record", func(c *esltest.Channel, _ string) { c.SetVariable("record_ms", "1200") })
		said, err := c.TakeMessage(h.ctx, route.Message{Longest: 15 * time.Second, Silence: 3 * time.Second, Threshold: 200})
		must(t, err)
		h.wantRan("playback recorded.wav", "record_session /var/recordings/a-leg.wav", "stop_record_session /var/recordings/a-leg.wav",
			"record "+said+" 15 200 3")
		h.wantVariable("RECORD_MIN_SEC", "3")
		if file != "/var/recordings/a-leg.wav" || !strings.HasPrefix(said, "/var/recordings/message-a-leg-") {
			t.Errorf("recorded %s, %s", file, said)
		}
		if named, err := c.Record(h.ctx, route.Recording{Name: "sales"}); err != nil || named != "/var/recordings/sales-a-leg.wav" {
			t.Errorf("recorded %s: %v", named, err)
		}
		if _, err := c.Record(h.ctx, route.Recording{Name: "../../etc/passwd"}); !errors.Is(err, esl.ErrUnsafe) {
			t.Errorf("a name that leads elsewhere: %v", err)
		}
	})
}

func TestVariablesOfAScriptAreTheChannels(t *testing.T) {
	drive(t, freeswitch.Options{ID: "5f-1"}, func(h *house, c *freeswitch.Channel, s *esl.Session) {
		must(t, c.SetVariable(h.ctx, "crm_name", "Ann, ${system(x)} O'Neil", route.Channelwide))
		must(t, c.SetVariable(h.ctx, "crm_link", "https://crm.example/7", route.Exported))
		must(t, c.SetVariable(h.ctx, "crm_id", "7", route.Inherited))
		must(t, c.SetVariable(h.ctx, "own", "7", route.Domain))
		h.wantRan("export crm_link=https://crm.example/7", "export nolocal:crm_id=7")
		h.wantVariable("crm_name", "Ann, {system(x)} O'Neil")
		must(t, c.UnsetVariable(h.ctx, "crm_name"))
		h.wantVariable("crm_name", "")
		must(t, c.Execute(h.ctx, "sleep", "1"))
		for name, want := range map[string]string{"uuid": "a-leg", "call_id": "5f-1", "tg_phone": "+4930", "call_source": "freeswitch", "call_direction": "inbound"} {
			if got, known := c.Variable(name); got != want || !known {
				t.Errorf("%s is %q, known %t", name, got, known)
			}
		}
		if _, known := c.Variable("nothing"); known {
			t.Error("nothing is known")
		}
		if err := c.SetVariable(h.ctx, "a=b", "x", route.Exported); !errors.Is(err, esl.ErrUnsafe) {
			t.Errorf("a name that is two: %v", err)
		}
	})
}

func TestScriptThatIsStoppedStopsWaiting(t *testing.T) {
	drive(t, freeswitch.Options{}, func(h *house, c *freeswitch.Channel, _ *esl.Session) {
		ctx, cancel := context.WithCancel(h.ctx)
		h.app("playback", func(ch *esltest.Channel, _ string) { cancel(); <-ch.Done() })
		if err := c.Play(ctx, route.Prompt{Sounds: []route.Sound{{Name: "x.wav"}}}); !errors.Is(err, context.Canceled) {
			t.Errorf("playing ended with %v", err)
		}
		must(t, c.Hangup(h.ctx, bridge.UserBusy))
		<-h.caller.Done()
	})
}

func TestAFreeSWITCHThatHangsKeepsNoScript(t *testing.T) {
	const patience = 2 * time.Second // half of which a busy machine has for a command that is answered
	drive(t, freeswitch.Options{Patience: patience}, func(h *house, c *freeswitch.Channel, _ *esl.Session) {
		h.app("playback", func(*esltest.Channel, string) { <-time.After(patience * 5 / 4) })
		must(t, c.Play(h.ctx, route.Prompt{Sounds: []route.Sound{{Name: "long.wav"}}})) // which may take its time
		h.fs.HandleAPI("user_data", func(ctx context.Context, _ string) string { <-ctx.Done(); return "" })
		if _, err := c.API(h.ctx, "user_data", "101 var email"); err == nil || !strings.Contains(err.Error(), "does not answer") {
			t.Errorf("asking ended with %v", err)
		}
		h.app("ring_ready", func(ch *esltest.Channel, _ string) { <-ch.Done() })
		if err := c.Ring(h.ctx); err == nil || !strings.Contains(err.Error(), "does not answer") {
			t.Errorf("ringing ended with %v", err)
		}
	})
}
