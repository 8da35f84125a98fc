package route

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"switchgram/bridge/route/tree"
)

// Lint says what in a script is likely a mistake though it is none in itself: steps that are never reached, functions that nobody executes, variables
// that nobody sets, secrets in the open, patterns that match more than they seem to, steps after the call that need one.
func (s *Script) Lint() []*Problem {
	l := &linter{script: s}
	l.patterns()
	l.names()
	l.requests()
	l.unreachable()
	slices.SortFunc(l.found, func(a, b *Problem) int {
		return cmp.Or(a.At.Line-b.At.Line, a.At.Column-b.At.Column, strings.Compare(a.Text, b.Text))
	})
	return l.found
}

type linter struct {
	script *Script
	found  []*Problem
}

func (l *linter) say(at tree.Position, path, format string, args ...any) {
	l.found = append(l.found, &Problem{File: l.script.File, At: at, Path: path, Text: fmt.Sprintf(format, args...)})
}

func (l *linter) patterns() {
	s := l.script
	for _, p := range s.Numbers {
		if p.Loose() {
			l.say(s.numbersAt, "destination_number", "%s also matches numbers that merely contain it; want ^…$", p)
		}
	}
	if len(s.Numbers) == 0 && (s.Context == Public || s.Context == Default || s.Context == Webhook) {
		l.say(s.at, "", "no number leads here: destination_number is missing")
	}
}

// names looks at what the script refers to.
func (l *linter) names() {
	set, executed := map[string]bool{}, map[string]bool{}
	for name := range l.script.Variables {
		set[name] = true
	}
	for _, u := range l.script.uses {
		set[u.name] = set[u.name] || u.kind == setVariable
		executed[u.name] = executed[u.name] || u.kind == useFunction
	}
	for _, u := range l.script.uses {
		switch {
		case u.kind == useVariable && l.script.Context != Dialer && !known(u.name, set):
			l.say(u.at, u.path, "nobody sets variable %q", u.name)
		case u.kind == openSecret:
			l.say(u.at, u.path, "this looks like a secret; put it into secrets.json and write $${name}")
		case u.kind == lateStep:
			l.say(u.at, u.path, "%s needs a call, which %s: it is left out", u.name, l.without(u))
		}
	}
	for name, b := range l.script.functions {
		if !executed[name] && len(b.steps) > 0 {
			l.say(b.steps[0].at, b.path, "nobody executes function %q", name)
		}
	}
}

// without says why there is no call at a step.
func (l *linter) without(u use) string {
	if u.in.after {
		return "is over then"
	}
	return "a web request is not"
}

// requests looks for answers to web requests where there are none, and for what is never due after one.
func (l *linter) requests() {
	s := l.script
	for _, b := range s.blocks {
		for _, one := range b.steps {
			if one.application == "httpResponse" && (b.after || s.Context != Webhook && s.Context != Private) {
				l.say(one.at, one.path, "nobody waits for this answer: no web request runs it")
			}
		}
	}
	for _, b := range s.disconnect {
		if s.Context == Webhook && len(b.steps) > 0 {
			l.say(b.steps[0].at, b.path, "this never runs: a web request is no call that ends")
		}
	}
}

// known tells whether somebody sets a variable: the script, the engine or a channel. Of ${a.b.c} one of a, a.b and all of it will do.
func known(name string, set map[string]bool) bool {
	for {
		if set[name] || slices.Contains(wellKnown, name) || hasPrefix(name, "variable_", "sip_", "tg_", "verto_", "cc_", "usr_", "dlr_", "effective_") {
			return true
		}
		i := strings.LastIndexByte(name, '.')
		if i < 0 {
			return false
		}
		name = name[:i]
	}
}

func hasPrefix(s string, prefixes ...string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(s, p) })
}

// wellKnown are the variables that the engine and channels set; docs/routing.md lists them.
var wellKnown = strings.Fields(`
	call_id parent_call_id call_direction call_source route_name caller_id_name caller_id_number destination_number domain_name last_error last_error_step http_code
	hangup_cause hangup_cause_q850 hangup_by duration billsec waitsec_total answered bridged bridged_to missed missed_reason record_file start_epoch
	answer_epoch end_epoch bridge_result originate_disposition bridge_hangup_cause last_bridge_hangup_cause last_bridge_to DIALSTATUS amd_result amd_cause
	ivr_choice cc_result cc_agent_name stt_response MyVar uuid ani aniii rdnis network_addr username context dialplan direction state channel_name line
	read_codec read_rate write_codec write_rate created_time answered_time hangup_time source sounds_dir hangup_after_bridge continue_on_fail
	http_method http_path http_query http_headers http_form http_body
	call_timeout originate_timeout video_screen_share screen_of`)

// unreachable looks for steps after one that never goes on.
func (l *linter) unreachable() {
	for _, b := range l.script.blocks {
		for i, s := range b.steps {
			if !ends(s) {
				continue
			}
			if next := following(b.steps[i+1:]); next != nil {
				l.say(next.at, next.path, "this is never reached: %s ends with %s", s.path, cmp.Or(s.application, "break"))
			}
			break
		}
	}
}

// following is the first of steps that would have to be reached from the one before; nil: they are declarations, or something jumps there.
func following(steps []*step) *step {
	for _, s := range steps {
		switch s.application {
		case "function", "trigger", "start":
			continue
		}
		if s.Tag != "" {
			return nil
		}
		return s
	}
	return nil
}

// ends tells whether the step after this one is never the next.
func ends(s *step) bool {
	if s.Limit != nil || s.do == nil {
		return false
	}
	switch do := s.do.(type) {
	case *hangup:
		return do.UUID.Empty()
	case *breakOff, *goTo:
		return true
	}
	return s.Break
}

// secretName are names of members whose values are secrets.
var secretName = regexp.MustCompile(`(?i)(password|passwd|secret|api_?key|access_?token|^token$)`)

// secrets are what tokens of well-known services look like.
var secrets = regexp.MustCompile(`hooks\.slack\.com/services/T|xox[abp]-|^(Basic|Bearer) [A-Za-z0-9+/=._-]{8,}|\b[0-9a-f]{32,}\b|\b\d{8,10}:AA[\w-]{30,}|\bgh[ps]_\w{30,}|AKIA[0-9A-Z]{16}`)

func looksSecret(s string) bool { return secrets.MatchString(s) }
