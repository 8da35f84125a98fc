package route

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"switchgram/bridge"
)

func (r *run) top() *Frame { return &r.frames[len(r.frames)-1] }

// stand has the State say where the script stands.
func (r *run) stand() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state.Frames, r.state.Starts = slices.Clone(r.frames), 0
}

// next is the step to run, and moves on to the one after; nil: there are no more.
func (r *run) next(ctx context.Context) *step {
	for len(r.frames) > 0 {
		f := r.top()
		b := r.blockOf(f)
		switch {
		case b == nil:
			r.log.Error("a script has changed while a call was in it; the call leaves it", "script", f.Route, "step", f.Block)
			r.pop()
		case f.Next < len(b.steps):
			f.Next++
			return b.steps[f.Next-1]
		case !r.again(ctx, f, b):
			r.pop()
		}
	}
	return nil
}

func (r *run) blockOf(f *Frame) *block {
	script := r.scriptOf(f)
	if script == nil {
		return nil
	}
	return script.blocks[f.Block]
}

// again begins another pass of a while.
func (r *run) again(ctx context.Context, f *Frame, b *block) bool {
	if b.parent == nil || b.index >= len(b.parent.steps) {
		return false
	}
	loop, ok := b.parent.steps[b.index].do.(*while)
	if !ok || ctx.Err() != nil {
		return false
	}
	holds, err := loop.holds(r)
	if err != nil {
		r.record(b.parent.steps[b.index], err)
	}
	if !holds {
		return false
	}
	if f.Passes++; f.Passes >= loop.most() {
		r.record(b.parent.steps[b.index], failure("loop_limit", "%d times round", f.Passes))
		return false
	}
	f.Next = 0
	return len(b.steps) > 0
}

// push begins a list of steps.
func (r *run) push(b *block, f Frame) {
	f.Block = b.path
	if f.Route == "" {
		f.Route = r.top().Route
	}
	r.frames = append(r.frames, f)
}

// do begins a list of steps that a step has.
func (r *run) do(s steps) error {
	if s.given() {
		r.push(s.block, Frame{})
	}
	return nil
}

// pop leaves a list of steps, and puts back what its args have hidden.
func (r *run) pop() {
	f := *r.top()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.frames = r.frames[:len(r.frames)-1]
	for name, v := range f.Covered {
		r.state.Variables[name] = v
	}
	for _, name := range f.Bare {
		delete(r.state.Variables, name)
	}
}

// leave ends the whole script.
func (r *run) leave() {
	for len(r.frames) > 0 {
		r.pop()
	}
}

// jump goes to a tag of the script, wherever in it that is.
func (r *run) jump(ctx context.Context, s *step, tag string) {
	to, ok := r.script().tags[tag]
	if !ok || r.within != nil && !to.block.isIn(r.within) {
		r.record(s, failure("no_tag", "there is no tag %q", tag))
		return
	}
	if r.jumps(ctx, s, tag) {
		r.goTo(to)
	}
}

// jumps counts a jump; false: it is one too many.
func (r *run) jumps(ctx context.Context, s *step, where string) bool {
	r.mu.Lock()
	c := &r.state.Counts
	if c.Tags == nil {
		c.Tags = map[string]int{}
	}
	c.Jumps++
	c.Tags[where]++
	tooMany := c.Jumps > mostJumps || c.Tags[where] > mostToTag
	r.mu.Unlock()
	if tooMany {
		r.loops(ctx, s, fmt.Sprintf("too many jumps to %q", where))
	}
	return !tooMany
}

// goTo makes a step the next. What was begun and it is not part of is left; what it is part of is as if it had been entered.
func (r *run) goTo(to place) {
	route, root := r.top().Route, to.block.root()
	keep := len(r.frames) - 1
	for keep >= 0 && !(r.frames[keep].Route == route && r.frames[keep].Block == root.path) {
		keep--
	}
	for len(r.frames) > keep+1 {
		r.pop()
	}
	if keep < 0 {
		r.push(root, Frame{Route: route})
	}
	var chain []place
	for at := to; ; at = (place{at.block.parent, at.block.index + 1}) {
		chain = append(chain, at)
		if at.block.parent == nil {
			break
		}
	}
	slices.Reverse(chain)
	r.top().Next = chain[0].index
	for _, at := range chain[1:] {
		r.push(at.block, Frame{Route: route, Next: at.index})
	}
}

// enterRoute ends this script and begins that of a number in a context.
func (r *run) enterRoute(ctx context.Context, s *step, where, number string) error {
	if !r.jumps(ctx, s, where+":"+number) {
		return nil
	}
	script, found, err := r.library.Choose(where, r.state.Domain, number)
	if err != nil {
		r.hangUp(ctx, bridge.NoRouteDestination)
		return failure("no_route", "%w", err)
	}
	r.frames = script.first()
	r.mu.Lock()
	r.state.enter(script, found)
	r.state.Facts["destination_number"] = number
	r.mu.Unlock()
	r.begun()
	return nil
}

// called is how many executes and schemas of the frames are begun, or how many schemas alone, each of which begins a whole callflow.
func (r *run) called(routes bool) (n int) {
	for i := range r.frames {
		f := &r.frames[i]
		script := r.scriptOf(f)
		if whole := script != nil && f.Block == script.callflow.path; f.Call && (whole || !routes) {
			n++
		}
	}
	return n
}

// beside runs steps that nobody waits for, without a channel, for as long as afterwards may take.
func (r *run) beside(ctx context.Context, b *block, route string) {
	other := r.branch(b, route)
	other.ch, other.reply = nil, nil
	r.aside.Go(func() {
		ctx, cancel := other.engine.besides(ctx)
		defer cancel()
		other.flow(ctx)
	})
}

// apart runs steps on the call while the script itself waits, until the context ends.
func (r *run) apart(ctx context.Context, b *block, route string) { r.branch(b, route).flow(ctx) }

// branch is a run of its own of some steps of the script. They cannot jump to what is not among them.
func (r *run) branch(b *block, route string) *run {
	other := *r
	other.ending, other.pace, other.within, other.unheard = nil, pace{}, b, nil
	other.frames = []Frame{{Route: route, Block: b.path}}
	return &other
}

// target splits what goto is given: local:tag, public:number, or a tag.
func target(s string) (where, what string) {
	where, what, ok := strings.Cut(s, ":")
	switch {
	case ok && (where == "local" || where == Public || where == Default || where == Private):
		return where, what
	}
	return "local", s
}
