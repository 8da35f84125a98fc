package freeswitch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/route"
	"switchgram/esl"
)

// errAlone: FreeSWITCH cannot ring these together with others.
var errAlone = errors.New("a conference or queue stands alone in a bridge")

// Connect implements route.Connector.
func (c *Channel) Connect(ctx context.Context, d route.Dial) (route.Connected, error) {
	if len(d.Targets) == 1 {
		switch t := d.Targets[0]; t.Type {
		case "conference":
			return c.inConference(ctx, t)
		case "queue":
			return c.inQueue(ctx, t, d)
		}
	}
	dial, err := c.dialString(d)
	if err != nil {
		return route.Connected{}, err
	}
	if err := c.setAll(ctx, map[string]string{
		"hangup_after_bridge": "false", "continue_on_fail": "true", "originate_disposition": "", "bridge_hangup_cause": "", "last_bridge_hangup_cause": "",
	}); err != nil {
		return route.Connected{}, err
	}
	meeting := c.meet(ctx, d)
	e, err := c.run(ctx, "bridge", dial)
	leg, to := meeting.end()
	if err != nil {
		return route.Connected{}, err
	}
	return c.connected(e, leg, to, d.Targets), nil
}

func (c *Channel) inConference(ctx context.Context, t route.Target) (route.Connected, error) {
	err := c.JoinConference(ctx, route.Room{Name: t.Name, Domain: t.Domain})
	return route.Connected{Answered: err == nil, Cause: bridge.NormalClearing, To: t.Name}, err
}

func (c *Channel) inQueue(ctx context.Context, t route.Target, d route.Dial) (route.Connected, error) {
	w, err := c.Wait(ctx, route.Waiting{Queue: t.Name, Domain: t.Domain, Meanwhile: func(context.Context) {}, Bridged: d.OnAnswer})
	return route.Connected{Answered: w.Answered, Cause: bridge.NormalClearing, To: cmp.Or(w.Agent, t.Name)}, err
}

// connected is how that went, by what FreeSWITCH says afterwards.
func (c *Channel) connected(e *esl.Event, leg, to string, targets []route.Target) route.Connected {
	r := route.Connected{Answered: leg != "", Leg: leg, To: to}
	word := e.Variable("originate_disposition")
	if r.Answered {
		word = cmp.Or(e.Variable("bridge_hangup_cause"), e.Variable("last_bridge_hangup_cause"), bridge.NormalClearing.String())
	}
	r.Cause, r.Word = cause(word), word
	if r.To == "" && len(targets) > 0 {
		r.To = targets[len(targets)-1].Name
	}
	return r
}

// cause is FreeSWITCH's word as the bridge has it. Those that Q.850 has not, such as ALLOTTED_TIMEOUT, come next to one.
func cause(word string) bridge.Cause {
	switch word {
	case "ALLOTTED_TIMEOUT", "PROGRESS_TIMEOUT", "MEDIA_TIMEOUT":
		return bridge.NoAnswer
	case "USER_NOT_REGISTERED":
		return bridge.SubscriberAbsent
	}
	if known, err := bridge.ParseCause(word); err == nil {
		return known
	}
	if q := esl.Cause(word).Q850(); q > 0 {
		return bridge.CauseOfQ850(q)
	}
	return bridge.NormalUnspecified
}

// dialString is the argument of "bridge".
func (c *Channel) dialString(d route.Dial) (string, error) {
	all := esl.Variables{"ignore_early_media": "true"}
	maps.Copy(all, d.Variables)
	if len(d.Targets) == 1 {
		maps.Copy(all, d.Targets[0].Variables)
	}
	all["origination_caller_id_name"], all["origination_caller_id_number"] = d.CallerName, d.CallerID
	if d.Timeout > 0 {
		all["originate_timeout"] = seconds(d.Timeout)
	}
	if len(d.Codecs) > 0 {
		all["absolute_codec_string"] = strings.Join(d.Codecs, ",")
	}
	variables, err := all.DialString()
	if err != nil {
		return "", err
	}
	var endpoints []string
	for _, t := range d.Targets {
		endpoint, err := c.endpoint(t, len(d.Targets) > 1)
		if err != nil {
			return "", fmt.Errorf("bridge to %s: %w", t.Type, err)
		}
		endpoints = append(endpoints, endpoint)
	}
	if d.Group != "" {
		group, err := esl.Number(d.Group)
		if err != nil {
			return "", err
		}
		endpoints = append(endpoints, "pickup/"+group)
	}
	return variables + strings.Join(endpoints, ","), nil
}

func seconds(d time.Duration) string {
	return strconv.Itoa(int(max(d.Round(time.Second), time.Second) / time.Second))
}

// endpoint is one that FreeSWITCH rings. Variables of its own are in brackets, where only plain words are safe; with one endpoint they stand with those
// of all.
func (c *Channel) endpoint(t route.Target, several bool) (string, error) {
	dial, own, err := c.dial(t)
	if err != nil {
		return "", err
	}
	if t.Timeout > 0 {
		own = append(own, "leg_timeout="+seconds(t.Timeout))
	}
	if several {
		for _, name := range slices.Sorted(maps.Keys(t.Variables)) {
			pair, err := join("=", name, t.Variables[name])
			if err != nil {
				return "", err
			}
			own = append(own, pair)
		}
	}
	if len(own) == 0 {
		return dial, nil
	}
	return "[" + strings.Join(own, ",") + "]" + dial, nil
}

// dial is where FreeSWITCH finds somebody, and what is to be said there.
func (c *Channel) dial(t route.Target) (endpoint string, own []string, err error) {
	switch t.Type {
	case "user", "device", "sipDevice":
		if t.Protocol == "webrtc" {
			endpoint, err = c.contact(t)
			return endpoint, nil, err
		}
		name, err := c.atDomain(t.Name, t.Domain)
		return "user/" + name, nil, err
	case "verto":
		endpoint, err = c.contact(t)
		return endpoint, nil, err
	case "sipGateway", "gateway":
		rest, err := join("/", t.Name, t.DialString)
		return "sofia/gateway/" + rest, nil, err
	case "sipUri":
		user, err := join("/", orElse(t.Profile, "external"), t.DialString)
		if err != nil {
			return "", nil, err
		}
		host, err := hostName(t.Host)
		return "sofia/" + user + "@" + host, nil, err
	case "telegram":
		return c.telegram(t.Name)
	case "conference", "queue":
		return "", nil, errAlone
	default:
		return "", nil, fmt.Errorf("%q: FreeSWITCH has no such thing", t.Type)
	}
}

func hostName(host string) (string, error) {
	if strings.ContainsAny(host, ",;@/=%!?()") {
		return "", esl.ErrUnsafe
	}
	return esl.Word(host)
}

// atDomain is a user of a domain.
func (c *Channel) atDomain(name, domain string) (string, error) {
	if domain = orElse(domain, c.o.Domain); domain == "" {
		return esl.Number(name)
	}
	return join("@", name, domain)
}

// contact is where a browser is logged in to FreeSWITCH.
func (c *Channel) contact(t route.Target) (string, error) {
	if t.Domain == "" && c.o.Domain == "" {
		name, err := esl.Number(t.Name)
		return "${verto_contact(" + name + "@$${domain})}", err
	}
	name, err := c.atDomain(t.Name, t.Domain)
	return "${verto_contact(" + name + ")}", err
}

// telegram has FreeSWITCH call a line of ours, which calls somebody on Telegram.
func (c *Channel) telegram(peer string) (endpoint string, own []string, err error) {
	if c.o.Telegram == nil {
		return "", nil, errors.New("nobody on Telegram can be called from here")
	}
	user, who, err := c.o.Telegram(peer)
	if err != nil {
		return "", nil, err
	}
	name, err := c.atDomain(user, "")
	if err != nil {
		return "", nil, err
	}
	if _, err := esl.Number(strings.TrimPrefix(who, "@")); err != nil {
		return "", nil, err
	}
	return "user/" + name, []string{"sip_h_X-TG-Dial=" + who}, nil
}

// meeting waits for the caller to talk with somebody.
type meeting struct {
	watch *esl.Watch
	all   sync.WaitGroup
	leg   string // UUID of whom; empty: nobody yet
	to    string

	talks, parted chan struct{} // closed when they do, and have
}

// meet begins to wait. Whoever is to be told is, once.
func (c *Channel) meet(ctx context.Context, d route.Dial) *meeting {
	m := &meeting{watch: c.s.Watch(), talks: make(chan struct{}), parted: make(chan struct{})}
	m.all.Go(func() {
		part := sync.OnceFunc(func() { close(m.parted) })
		for e := range m.watch.Events() {
			if e.Name() == "CHANNEL_UNBRIDGE" && e.UUID() == c.s.UUID() {
				part()
			}
			if e.Name() != "CHANNEL_BRIDGE" || e.UUID() != c.s.UUID() || m.leg != "" {
				continue
			}
			c.know(e)
			m.leg, m.to = orElse(e.Get("Other-Leg-Unique-ID"), "?"), e.Get("Other-Leg-Destination-Number")
			c.talks(m.to)
			close(m.talks)
			if d.OnAnswer != nil {
				d.OnAnswer()
			}
			c.greet(ctx, d.OnSound)
		}
	})
	return m
}

// end ends the waiting, and tells whom the caller has talked with.
func (m *meeting) end() (leg, to string) {
	m.watch.Close()
	m.all.Wait()
	return m.leg, m.to
}

// talks notes that the caller talks with somebody.
func (c *Channel) talks(to string) {
	c.mu.Lock()
	if c.to = to; c.met.IsZero() {
		c.met = time.Now()
	}
	c.mu.Unlock()
	c.tell(to)
}

// tell tells whom the caller has met.
func (c *Channel) tell(who string) {
	if c.o.Met != nil {
		c.o.Met(who)
	}
}

// greet plays something to whoever has answered.
func (c *Channel) greet(ctx context.Context, file string) {
	if file == "" {
		return
	}
	if path, err := c.file(route.Sound{Name: file}); err == nil {
		_ = c.s.Broadcast(ctx, c.s.UUID(), path, esl.BLeg) // the call goes on without it
	}
}
