package route

import "bytes"

// remember has the journal know the steps of a script: they are to be the same after a crash, whatever becomes of its file.
func (r *run) remember(script *Script) {
	if r.journal == nil || script == nil {
		return
	}
	r.mu.Lock()
	if r.state.Texts == nil {
		r.state.Texts = map[string]string{}
	}
	r.state.Texts[script.Name] = script.Mark
	r.mu.Unlock()
	if err := r.journal.KeepText(script.Mark, script.text); err != nil {
		r.log.Error("the steps of a script are not kept: if it changes, what is due after a crash is not done", "script", script.Name, "err", err)
	}
}

// libraryOf is what is in force, but for the scripts that a call from before a crash has: those are as they were. What is not known any longer is gone.
func (e *Engine) libraryOf(s *State) *Library {
	l := e.opt.Library()
	for name, mark := range s.Texts {
		if now := l.Find(name); now == nil || now.Mark != mark {
			l = l.with(name, e.kept(s, name, mark))
		}
	}
	return l
}

// kept is a script as it was; nil: it is gone.
func (e *Engine) kept(s *State, name, mark string) *Script {
	var text []byte
	if e.opt.Journal != nil {
		text = e.opt.Journal.Text(mark)
	}
	script, err := Parse(name, bytes.NewReader(text))
	if err != nil {
		e.opt.Log.Error("a script has changed, and what it was cannot be read any longer", "call", s.Call, "script", name, "err", err)
		return nil
	}
	e.opt.Log.Info("a script has changed; a call from before goes on with what it was", "call", s.Call, "script", name)
	return script
}
