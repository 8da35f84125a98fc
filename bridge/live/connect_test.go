package live_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"switchgram/bridge"
)

// phones are telephones that refuse at once, and remember for how long they were to ring.
type phones struct {
	mu   sync.Mutex
	rang map[string]time.Duration
}

// Dial implements bridge.Dialer.
func (p *phones) Dial(_ context.Context, to bridge.Address, o bridge.DialOptions) (bridge.Leg, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rang[to.User] = o.Timeout
	l := newCaller()
	l.end(bridge.Ended{Cause: bridge.UserBusy, Remote: true})
	return l, nil
}

const several = `{"name": "several", "context": "public", "destination_number": ["1"], "callflow": [{"bridge": {"global": {"call_timeout": 30},
	"endpoints": [{"type": "user", "name": "101", "parameters": {"leg_timeout": 12}}, {"type": "user", "name": "102"}, {"type": "user", "name": "103", "parameters": {"leg_timeout": 99}}]}},
	{"hangup": "NO_ANSWER"}]}`

func TestEachOfSeveralRingsForAsLongAsTheScriptSays(t *testing.T) {
	w := newTown(t)
	client := newClient()
	defer client.Close()
	r, _ := run(t, options(folderOf(t, w.URL(), several), client))
	p := &phones{rang: map[string]time.Duration{}}
	b, err := bridge.New(bridge.Options{Default: r, Sink: r, Dialers: map[string]bridge.Dialer{"sip": p}})
	must(t, err)
	b.Handle(t.Context(), newCaller(), bridge.Address{Scheme: "sip", User: "1000"})
	for user, most := range map[string]time.Duration{"101": 12 * time.Second, "102": 30 * time.Second, "103": 30 * time.Second} {
		if got := p.rang[user]; got > most || got < most-5*time.Second {
			t.Errorf("%s was to ring for %s, want %s", user, got, most)
		}
	}
}

// office are telephones that do as they are called.
type office struct{ talking chan *caller }

// Dial implements bridge.Dialer.
func (o *office) Dial(_ context.Context, to bridge.Address, _ bridge.DialOptions) (bridge.Leg, error) {
	l := newCaller()
	switch to.User {
	case "busy":
		l.end(bridge.Ended{Cause: bridge.UserBusy, Remote: true})
	case "refuses":
		l.end(bridge.Ended{Cause: bridge.CallRejected, Remote: true})
	case "absent":
		l.end(bridge.Ended{Cause: bridge.SubscriberAbsent, Remote: true})
	case "rings":
		l.events <- bridge.Ringing{}
	case "answers":
		l.events <- bridge.Answered{}
		o.talking <- l
	}
	return &callee{l, to}, nil
}

// callee is somebody who was called.
type callee struct {
	*caller
	to bridge.Address
}

func (c *callee) Address() bridge.Address { return c.to }

func TestHowABridgeWentIsKnown(t *testing.T) {
	for name, c := range map[string]struct{ how, told string }{
		"busy":          {`"endpoints": [{"type": "user", "name": "busy"}]`, "busy USER_BUSY USER_BUSY USER_BUSY "},
		"refuses":       {`"endpoints": [{"type": "sipDevice", "name": "refuses"}]`, "rejected CALL_REJECTED CALL_REJECTED CALL_REJECTED "},
		"absent":        {`"endpoints": [{"type": "user", "name": "absent"}]`, "unavailable SUBSCRIBER_ABSENT SUBSCRIBER_ABSENT SUBSCRIBER_ABSENT "},
		"rings":         {`"global": ["call_timeout=1"], "endpoints": [{"type": "user", "name": "rings"}]`, "no_answer NO_ANSWER NO_ANSWER NO_ANSWER "},
		"answers":       {`"global": {"hangup_after_bridge": "false"}, "endpoints": [{"type": "user", "name": "rings"}, {"type": "user", "name": "answers"}]`, "answered SUCCESS NORMAL_CLEARING SUCCESS answers"},
		"one by one":    {`"strategy": "failover", "parameters": {"hangup_after_bridge": "false"}, "endpoints": [{"type": "user", "name": "busy"}, {"type": "user", "name": "answers"}]`, "answered SUCCESS NORMAL_CLEARING SUCCESS answers"},
		"ends with it":  {`"endpoints": [{"type": "user", "name": "answers"}]`, ""},
		"ends in vain":  {`"global": {"continue_on_fail": "false"}, "endpoints": [{"type": "user", "name": "busy"}]`, ""},
		"nobody at all": {`"endpoints": [{"type": "telegram", "name": "@nobody"}]`, "unavailable NO_ROUTE_DESTINATION NO_ROUTE_DESTINATION NO_ROUTE_DESTINATION @nobody"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newTown(t)
			client := newClient()
			defer client.Close()
			r, _ := run(t, options(folderOf(t, w.URL(), `{"name": "r", "context": "public", "destination_number": ["1"], "callflow": [{"bridge": {`+c.how+`,
				"bridged": [{"httpRequest": {"url": "TOWN/talking"}}]}}, {"httpRequest": {"url": "TOWN/v", "headers": {"Content-Type": "text/plain"},
				"data": "${bridge_result} ${originate_disposition} ${bridge_hangup_cause} ${DIALSTATUS} ${last_bridge_to}"}}],
				"onDisconnect": [{"httpRequest": {"url": "TOWN/after"}}]}`), client))
			o := &office{talking: make(chan *caller, 1)}
			b, err := bridge.New(bridge.Options{Default: r, Sink: r, Dialers: map[string]bridge.Dialer{"sip": o}})
			must(t, err)
			over := make(chan bridge.Outcome, 1)
			go func() { over <- b.Handle(t.Context(), newCaller(), bridge.Address{Scheme: "sip", User: "1000"}) }()
			if strings.Contains(c.how, "answers") {
				w.hears(t, "/talking")
				(<-o.talking).leaves()
			}
			if c.told != "" {
				if told := string(w.hears(t, "/v").Body); !strings.HasPrefix(told, c.told) {
					t.Errorf("told %q, want %q", told, c.told)
				}
			}
			w.hears(t, "/after")
			if out := <-over; name == "ends in vain" && out.Cause != bridge.UserBusy {
				t.Errorf("ended with %s", out.Cause)
			}
		})
	}
}
