package route

import (
	"cmp"
	"context"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/route/template"
	"switchgram/bridge/route/tree"
)

// ringing is how long a bridge rings if nobody says.
const ringing = time.Minute

type bridgeStep struct {
	Strategy     string      `json:"strategy" words:"parallel,sequential,multiple,failover" default:"parallel"`
	Global       pairs       `json:"global"`
	Parameters   pairs       `json:"parameters"`
	Codecs       []string    `json:"codecs"`
	Pickup       text        `json:"pickup"`
	SendOnAnswer channelText `json:"sendOnAnswer"`
	Bridged      steps       `json:"bridged"`
	Endpoints    []endpoint  `json:"endpoints" need:"true" most:"15"`
}

type endpoint struct {
	Type        string      `json:"type" need:"true" words:"user,device,sipDevice,sipUri,sipGateway,gateway,verto,telegram,telegramGroup,conference,queue"`
	Name        channelText `json:"name"`
	ID          channelText `json:"id"`
	Extension   channelText `json:"extension"`
	User        channelText `json:"user"`
	Peer        channelText `json:"peer"`
	Chat        channelText `json:"chat"`
	DomainName  channelText `json:"domainName"`
	Proto       string      `json:"proto" words:"sip,webrtc,any" default:"any"`
	Profile     string      `json:"profile" default:"external"`
	DialString  channelText `json:"dialString"`
	Host        channelText `json:"host"`
	DisplayName text        `json:"displayName"`
	Parameters  pairs       `json:"parameters"`
}

// names of a target, the first that is written counts.
func (e *endpoint) names() []channelText {
	return []channelText{e.Name, e.Extension, e.User, e.Peer, e.Chat, e.ID}
}

func (e *endpoint) named() bool {
	for _, t := range e.names() {
		if !t.Empty() {
			return true
		}
	}
	return false
}

func (s *bridgeStep) check(p *parser, n *tree.Node) {
	for i := range s.Endpoints {
		at := n.Get("endpoints")
		if len(at.Items) > i {
			at = at.Items[i]
		}
		s.Endpoints[i].complete(p, at)
	}
}

// complete wants an endpoint to say whom it means.
func (e *endpoint) complete(p *parser, at *tree.Node) {
	switch {
	case e.Type == "": // which was said already
	case e.Type == "sipUri" && e.DialString.Empty():
		p.say(at, "dialString is missing: whom is a sipUri to call?")
	case strings.HasSuffix(strings.ToLower(e.Type), "gateway") && (!e.named() || e.DialString.Empty()):
		p.say(at, "a gateway wants its name, and dialString: whom it is to call")
	case e.Type != "sipUri" && !e.named():
		p.say(at, "name is missing: which %s?", e.Type)
	}
}

// run rings, all at once or one after the other. Afterwards the script ends if people have talked, unless hangup_after_bridge is false; if nobody was
// reached it goes on, unless continue_on_fail is false.
func (s *bridgeStep) run(ctx context.Context, r *run) error {
	connector, ok := r.ch.(Connector)
	if !ok {
		return ErrNeedsFreeSWITCH
	}
	d, targets, err := s.dial(ctx, r)
	if err != nil {
		r.resultOf(ctx, Connected{Cause: refusalOf(err)}, err)
		return err
	}
	how, err := r.ring(ctx, connector, d, s.rounds(targets))
	if errors.Is(err, ErrNeedsFreeSWITCH) {
		return err
	}
	r.resultOf(ctx, how, err)
	return s.after(ctx, r, how, err)
}

// rounds are whom to ring at once, round by round.
func (s *bridgeStep) rounds(all []Target) [][]Target {
	if s.Strategy != "sequential" && s.Strategy != "failover" {
		return [][]Target{all}
	}
	return slices.Collect(slices.Chunk(all, 1))
}

// ring rings round by round until somebody answers or the time is over. Whom only FreeSWITCH can ring is left out where there is none.
func (r *run) ring(ctx context.Context, by Connector, d Dial, rounds [][]Target) (how Connected, err error) {
	end := r.engine.opt.Now().Add(d.Timeout)
	for _, d.Targets = range rounds {
		if d.Timeout = end.Sub(r.engine.opt.Now()); d.Timeout <= 0 || ctx.Err() != nil {
			return how, err
		}
		how, err = by.Connect(ctx, d)
		if how.Answered || errors.Is(err, ErrNeedsFreeSWITCH) && r.mayMove() {
			return how, err
		}
	}
	return how, err
}

func (s *bridgeStep) after(ctx context.Context, r *run, how Connected, err error) error {
	switch {
	case how.Answered:
		r.answered()
		if s.flag(r, "hangup_after_bridge", true) {
			r.hangUp(ctx, bridge.NormalClearing)
		}
		return nil
	case !s.flag(r, "continue_on_fail", true) && ctx.Err() == nil:
		r.hangUp(ctx, cmp.Or(how.Cause, bridge.CauseOf(err)))
	}
	return err
}

// flag is a switch of the bridge: its own, or a variable's, or what is usual.
func (s *bridgeStep) flag(r *run, name string, usual bool) bool {
	value := r.Variable(name)
	for _, all := range []pairs{s.Global, s.Parameters} {
		for _, p := range all {
			if p.name == name {
				value = r.raw(p.value.Template)
			}
		}
	}
	switch value {
	case "":
		return usual
	case "true", "1", "yes":
		return true
	}
	return false
}

func (s *bridgeStep) dial(ctx context.Context, r *run) (Dial, []Target, error) {
	d := Dial{
		Timeout: ringing, Codecs: s.Codecs, Group: r.clean(s.Pickup.Template), OnSound: r.clean(s.SendOnAnswer.Template), OnAnswer: r.met(ctx, s.Bridged),
		CallerName: template.Command.Apply(cmp.Or(r.Variable("effective_caller_id_name"), r.Variable("caller_id_name"))),
		CallerID:   template.Command.Apply(cmp.Or(r.Variable("effective_caller_id_number"), r.Variable("caller_id_number"))),
		Variables:  r.handedOn(),
	}
	for _, all := range []pairs{s.Global, s.Parameters} {
		for name, value := range all.render(r, template.Command) {
			d.Variables[name] = value
		}
	}
	for _, name := range []string{"originate_timeout", "call_timeout"} {
		if t := secondsOf(cmp.Or(d.Variables[name], template.Command.Apply(r.Variable(name)))); t > 0 {
			d.Timeout = t
		}
		delete(d.Variables, name)
	}
	var targets []Target
	for i := range s.Endpoints {
		t, err := s.Endpoints[i].target(r)
		if err != nil {
			return d, nil, err
		}
		targets = append(targets, t)
	}
	return d, targets, nil
}

// met is to be called when somebody talks with the caller: on any goroutine, the first time counts. That has steps run, if there are any, which nobody
// waits for.
func (r *run) met(ctx context.Context, then steps) func() {
	route := r.script().Name
	return sync.OnceFunc(func() {
		r.talked()
		if then.given() {
			r.beside(ctx, then.block, route)
		}
	})
}

// talked notes that the caller has talked with somebody, which is to be known after a crash as well.
func (r *run) talked() {
	file, _ := r.ch.Variable("record_file") // of a recording that begins with this
	r.mu.Lock()
	r.state.Talked = cmp.Or(r.state.Talked, r.engine.opt.Now())
	r.state.Facts["record_file"] = cmp.Or(file, r.state.Facts["record_file"])
	r.mu.Unlock()
	r.changed()
}

// handedOn are the variables that legs to come are to have.
func (r *run) handedOn() map[string]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := map[string]string{}
	for name, v := range r.state.Variables {
		if v.Scope == Exported || v.Scope == Inherited {
			all[name] = template.Command.Apply(v.Value)
		}
	}
	return all
}

func secondsOf(s string) time.Duration {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil || n < 0 || n > 86400 {
		return 0
	}
	return time.Duration(n) * time.Second
}

// dialable is what may be dialled of what a caller may have typed: nothing that begins another leg.
var dialable = regexp.MustCompile(`^[+*#0-9A-Za-z._-]{1,64}$`)

// reachable is a name of a person, which has an @ perhaps.
var reachable = regexp.MustCompile(`^[+*#@0-9A-Za-z:._-]{1,128}$`)

func (e *endpoint) target(r *run) (Target, error) {
	t := Target{
		Type: e.Type, Domain: r.clean(e.DomainName.Template), Protocol: e.Proto, Profile: e.Profile, Host: r.clean(e.Host.Template),
		DialString: r.clean(e.DialString.Template), Shown: r.clean(e.DisplayName.Template), Variables: e.Parameters.render(r, template.Command),
	}
	for _, name := range e.names() {
		t.Name = cmp.Or(t.Name, r.clean(name.Template))
	}
	t.Domain = cmp.Or(t.Domain, r.state.Domain)
	t.Timeout = secondsOf(t.Variables["leg_timeout"])
	delete(t.Variables, "leg_timeout")
	switch {
	case t.Name != "" && !reachable.MatchString(t.Name):
		return t, failure("bad_number", "%s %q cannot be called", t.Type, t.Name)
	case t.Name == "" && t.Type != "sipUri":
		return t, failure("bad_number", "%s: nobody is named", t.Type)
	case t.DialString != "" && !dialable.MatchString(t.DialString) && !(t.Type == "sipUri" && reachable.MatchString(t.DialString)):
		return t, failure("bad_number", "%q cannot be dialled", t.DialString)
	}
	if may, number := r.engine.opt.MayDial, t.number(); may != nil && number != "" {
		if err := may(t.Domain, number); err != nil {
			return t, failure("not_allowed", "%w", err)
		}
	}
	return t, nil
}

// number is what may lead out of the house; empty: nothing does. Where a user is meant, a switch may dial what is too long for an extension.
func (t Target) number() string {
	switch t.Type {
	case "user", "device", "sipDevice":
		if digits := strings.TrimPrefix(t.Name, "+"); len(t.Name) > longestExtension && strings.Trim(digits, "0123456789") == "" {
			return t.Name
		}
	}
	return t.DialString
}

// longestExtension is how many digits the number of a user has at most.
const longestExtension = 6

// refusalOf is the cause of a target that is not called.
func refusalOf(err error) bridge.Cause {
	if codeOf(err) == "not_allowed" {
		return bridge.OutgoingCallBarred
	}
	return bridge.InvalidNumberFormat
}

// resultOf tells the script how a bridge went.
func (r *run) resultOf(ctx context.Context, how Connected, err error) {
	if err != nil && how.Cause == 0 {
		how.Cause = bridge.CauseOf(err)
	}
	word := cmp.Or(how.Word, how.Cause.String())
	if how.Answered {
		word = "SUCCESS"
	}
	for name, value := range map[string]string{
		"bridge_result": result(how, ctx), "originate_disposition": word, "bridge_hangup_cause": cmp.Or(how.Word, how.Cause.String()),
		"last_bridge_hangup_cause": cmp.Or(how.Word, how.Cause.String()), "last_bridge_to": how.To, "DIALSTATUS": word,
	} {
		r.put(name, value, Local)
	}
}

// result is one word for how a bridge went.
func result(how Connected, ctx context.Context) string {
	switch {
	case how.Answered:
		return "answered"
	case ctx.Err() != nil:
		return "cancelled"
	}
	switch how.Word {
	case "ALLOTTED_TIMEOUT", "PROGRESS_TIMEOUT":
		return "no_answer"
	case "USER_NOT_REGISTERED":
		return "unavailable"
	case "ORIGINATOR_CANCEL":
		return "cancelled"
	}
	switch how.Cause {
	case bridge.NoAnswer, bridge.NoUserResponse, bridge.RecoveryOnTimerExpire:
		return "no_answer"
	case bridge.UserBusy:
		return "busy"
	case bridge.CallRejected:
		return "rejected"
	case bridge.SubscriberAbsent, bridge.UnallocatedNumber, bridge.NoRouteDestination, bridge.DestinationOutOfOrder:
		return "unavailable"
	}
	return "failed"
}
