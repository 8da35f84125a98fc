package route

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"switchgram/bridge/route/template"
)

// Limits of what a script may keep.
const (
	mostVariables = 1000
	longestValue  = 64 << 10
	mostCaptures  = 100
)

// Variable implements template.Values: what the script has set, what the channel knows, what is known of the call.
func (r *run) Variable(name string) string {
	r.mu.Lock()
	v, ok := r.state.Variables[name]
	r.mu.Unlock()
	if ok {
		return v.Value
	}
	if r.ch != nil {
		if value, ok := r.ch.Variable(name); ok {
			return value
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if value, ok := r.state.Facts[name]; ok {
		return value
	}
	return r.engine.cache.get(r.domainKey(name), r.engine.opt.Now())
}

func (r *run) domainKey(name string) string { return "domain " + r.state.Domain + " " + name }

// Secret implements template.Values.
func (r *run) Secret(name string) string {
	if value, ok := r.library.Secrets[name]; ok {
		return value
	}
	return r.library.Globals[name]
}

// Global implements template.Values. No secret is one.
func (r *run) Global(name string) string { return r.library.Globals[name] }

// Cookie implements template.Values.
func (r *run) Cookie(jar, name string) string {
	return r.engine.jars.value(r.state.Domain, jar, name, r.engine.opt.Now())
}

// Capture implements template.Values.
func (r *run) Capture(register int, group string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if register >= len(r.state.Captures) {
		return ""
	}
	c := r.state.Captures[register]
	i, err := strconv.Atoi(group)
	switch {
	case err != nil:
		return c.Named[group]
	case i >= len(c.Groups):
		return ""
	}
	return c.Groups[i]
}

// Matched implements expression.Values. A script that matches for ever keeps the last.
func (r *run) Matched(groups []string, named map[string]string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.state.Captures) >= mostCaptures {
		r.state.Captures = slices.Delete(r.state.Captures, 1, 2)
	}
	r.state.Captures = append(r.state.Captures, Capture{groups, named})
}

// InUse implements expression.Values.
func (r *run) InUse(limit string) int { return r.engine.limits.inUse(r.state.Domain, limit) }

// Now implements template.Values.
func (r *run) Now() time.Time { return r.engine.opt.Now().In(r.zone()) }

// zone is the script's, or the machine's.
func (r *run) zone() *time.Location {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state.Zone != "" {
		if z, err := time.LoadLocation(r.state.Zone); err == nil {
			return z
		}
	}
	return time.Local
}

// put sets a variable, and tells nobody. What is too long is cut, and what is too many is not kept.
func (r *run) put(name, value string, s Scope) {
	if len(value) > longestValue {
		value = strings.ToValidUTF8(value[:longestValue], "")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, there := r.state.Variables[name]; !there && len(r.state.Variables) >= mostVariables {
		r.log.Warn("too many variables, one is not kept", "step", name)
		return
	}
	r.state.Variables[name] = Variable{value, s}
	if r.engine.opt.Watch != nil {
		r.engine.opt.Watch(r.state.Call, name, value)
	}
}

// set sets a variable, and tells the channel.
func (r *run) set(ctx context.Context, v variable, value string) error {
	if v.scope == Domain {
		r.engine.cache.set(r.domainKey(v.name), value, time.Time{})
		return nil
	}
	r.put(v.name, value, v.scope)
	setter, ok := r.ch.(VariableSetter)
	if !ok || v.scope == Local {
		return nil
	}
	return setter.SetVariable(ctx, v.name, template.Command.Apply(value), v.scope)
}

// unset takes a variable away, the channel's of that name as well.
func (r *run) unset(ctx context.Context, name string) error {
	r.put(name, "", Local)
	setter, ok := r.ch.(VariableSetter)
	if !ok {
		return nil
	}
	return setter.UnsetVariable(ctx, name)
}

// dump logs the names and values of all variables.
func (r *run) dump() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, name := range slices.Sorted(maps.Keys(r.state.Variables)) {
		r.log.Info("variable", "name", name, "value", r.redact(r.state.Variables[name].Value))
	}
}

// redact hides secrets in what is logged.
func (r *run) redact(s string) string {
	for _, secret := range r.hidden() {
		s = strings.ReplaceAll(s, secret, "***")
	}
	return s
}

// clean renders a text for the channel.
func (r *run) clean(t template.Template) string { return t.Render(r, template.Command) }

// raw renders a text for us.
func (r *run) raw(t template.Template) string { return t.Render(r, template.Raw) }
