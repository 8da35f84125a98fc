package webitel

import (
	"fmt"
	"slices"
	"strings"

	"switchgram/bridge/route"
	"switchgram/bridge/route/tree"
)

// modifiers are the keys of a step that are not its application, with us and them.
var modifiers = []string{"tag", "break", "async", "dump", "limit", "_id", "id", "trace", "timeout", "sysExpression"}

// renamed are applications that we call otherwise.
var renamed = map[string]string{
	"set": "setVar", "export": "exportVars", "flushDtmf": "flushDTMF", "joinQueue": "queue", "telegram": "sendMessage", "sendSms": "sendSMS",
}

func (w *writer) steps(n *tree.Node) []any {
	all := []any{}
	if n.Kind != tree.List {
		w.note(n.At, "want a list of steps, not %s", n.Kind)
		return all
	}
	for i, item := range n.Items {
		w.within(fmt.Sprintf("[%d]", i), func() {
			if step := w.step(item); step != nil {
				all = append(all, step)
			}
		})
	}
	return all
}

// step is one step; nil: it has no equal.
func (w *writer) step(n *tree.Node) any {
	var out object
	var application *tree.Member
	for _, m := range n.Members {
		switch {
		case m.Name == "limit" && len(m.Value.Members) > 0 && m.Value.Get("failover") != nil:
			out.put("limit", m.Value.Any())
		case m.Name == "limit" || !slices.Contains(modifiers, m.Name):
			if application != nil {
				w.note(m.At, "a step has one application; %q is left out", m.Name)
				continue
			}
			application = &m
		default:
			w.modifier(&out, m)
		}
	}
	if application == nil {
		return w.bare(n, out)
	}
	if !w.application(&out, *application) {
		return nil
	}
	return out
}

// bare is a step without application: break, or nothing.
func (w *writer) bare(n *tree.Node, out object) any {
	if b := n.Get("break"); b != nil && b.True() {
		return object{{"break", true}}
	}
	w.note(n.At, "there is no application in this step")
	return nil
}

func (w *writer) modifier(out *object, m tree.Member) {
	switch m.Name {
	case "tag":
		out.put("tag", m.Value.Text)
	case "id", "_id":
		out.put("_id", m.Value.Any())
	case "sysExpression": // compiled; we compile the source
	case "break", "async", "dump":
		if m.Value.True() {
			out.put(m.Name, true)
		}
	default:
		out.put(m.Name, m.Value.Any())
	}
}

// application adds what a step does; false: there is nothing like it.
func (w *writer) application(out *object, m tree.Member) bool {
	name, value := m.Name, any(nil)
	if other, ok := renamed[name]; ok {
		name = other
	}
	w.within("."+m.Name, func() { value = w.rewrite(name, m.Value) })
	if _, ok := value.(impossible); ok {
		return false
	}
	if !slices.Contains(route.Applications(), name) {
		w.note(m.At, "application %q has no equal and is left out", m.Name)
		return false
	}
	out.put(name, value)
	return true
}

// impossible is what has no equal, and was noted.
type impossible struct{}

// rewrite turns an argument into ours. What has lists of steps in it is gone through.
func (w *writer) rewrite(name string, n *tree.Node) any {
	switch name {
	case "if", "while", "function", "list", "blackList", "queue", "trigger", "bridge", "switch", "ivr", "execute", "originate":
		return w.nested(name, n)
	case "httpRequest":
		return w.httpRequest(n)
	case "playback":
		return w.playback(n)
	case "timezone", "calendar":
		return w.byName(n)
	case "goto":
		return n.Text
	}
	return n.Any()
}

// lists are the members that are lists of steps.
var lists = []string{"then", "else", "do", "actions", "bridged", "waiting", "disconnected", "default"}

// dropped are members of arguments that we have no use for.
var dropped = []string{"sysExpression", "offering", "reporting", "bucket", "commands"}

func (w *writer) nested(name string, n *tree.Node) any {
	if n.Kind != tree.Object {
		return n.Any()
	}
	out := object{}
	for _, m := range n.Members {
		w.within("."+m.Name, func() {
			switch {
			case slices.Contains(dropped, m.Name):
				if m.Name != "sysExpression" {
					w.note(m.At, "%q has no equal and is left out", m.Name)
				}
			case name == "queue" && m.Name == "startPosition":
				out.put(m.Name, w.startPosition(m.Value))
			case name == "queue" && m.Name == "transferAfterBridge":
				w.transfer(&out, m)
			case slices.Contains(lists, m.Name) && m.Value.Kind == tree.List:
				out.put(m.Name, w.steps(m.Value))
			case m.Name == "case" || m.Name == "options":
				out.put(m.Name, w.cases(m.Value))
			case m.Name == "strategy":
				out.put(m.Name, strategy(m.Value.Text))
			default:
				out.put(m.Name, m.Value.Any())
			}
		})
	}
	return out
}

// startPosition is the variable for a caller's place in a queue. Theirs may have a name of their own, or an event that tells of it.
func (w *writer) startPosition(n *tree.Node) any {
	switch n.Kind {
	case tree.String:
		return n.Text
	case tree.Bool:
		return object{}
	}
	out := object{}
	for _, m := range n.Members {
		if m.Name != "var" {
			w.note(m.At, "%q has no equal and is left out", m.Name)
			continue
		}
		out.put("var", m.Value.Any())
	}
	return out
}

// transfer says where a call goes after a queue: theirs is a number of their context, where ours would be a tag.
func (w *writer) transfer(out *object, m tree.Member) {
	switch to := m.Value.Text; {
	case m.Value.Kind != tree.String:
		w.note(m.At, "%q has no equal and is left out", m.Name)
	case strings.Contains(to, ":"):
		out.put(m.Name, to)
	default:
		out.put(m.Name, "default:"+to)
	}
}

func (w *writer) cases(n *tree.Node) object {
	out := object{}
	for _, m := range n.Members {
		w.within("."+m.Name, func() { out.put(m.Name, w.steps(m.Value)) })
	}
	return out
}

func strategy(word string) string {
	if strings.EqualFold(word, "failover") || strings.EqualFold(word, "sequential") {
		return "sequential"
	}
	return "parallel"
}

// httpRequest leaves out what would switch off the check of certificates.
func (w *writer) httpRequest(n *tree.Node) any {
	out := object{}
	for _, m := range n.Members {
		switch m.Name {
		case "insecureSkipVerify":
			w.note(m.At, "%q is left out: certificates are always verified here", m.Name)
		case "renegotiation":
			if m.Value.Text != "renegotiateNever" {
				w.note(m.At, "%q is left out: a connection keeps the TLS that it began with", m.Name)
			}
		case "cacheCookie":
			out.put("cookieJar", "imported")
		case "method":
			out.put("method", strings.ToUpper(m.Value.Text))
		default:
			out.put(m.Name, m.Value.Any())
		}
	}
	return out
}

// playback has text of FM's speech.
func (w *writer) playback(n *tree.Node) any {
	if n.Get("getSpeech") != nil {
		w.note(n.At, "getSpeech has no equal here; use stt")
		return impossible{}
	}
	return n.Any()
}

// byName keeps the name of something, or its id.
func (w *writer) byName(n *tree.Node) any {
	if n.Kind != tree.Object {
		return n.Any()
	}
	out := object{}
	for _, m := range n.Members {
		if m.Name == "id" {
			w.note(m.At, "number %s of theirs: write its name", m.Value.Text)
		}
		out.put(m.Name, m.Value.Any())
	}
	return out
}
