package rehearsal

import (
	"cmp"
	"context"
	"strings"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/route"
)

// ID implements route.Channel.
func (s *Stage) ID() string { return "rehearsal" }

// Variable implements route.Channel.
func (s *Stage) Variable(name string) (string, bool) {
	value, ok := s.Facts[name]
	return value, ok
}

// Answer implements route.Channel.
func (s *Stage) Answer(context.Context) error {
	s.mu.Lock()
	s.answer = true
	s.mu.Unlock()
	s.say("the call is answered")
	return nil
}

// Hangup implements route.Channel.
func (s *Stage) Hangup(_ context.Context, c bridge.Cause) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hungUp = c
	return nil
}

// Ring implements route.Ringer.
func (s *Stage) Ring(context.Context) error {
	s.say("the caller hears ringing")
	return nil
}

// PreAnswer implements route.PreAnswerer.
func (s *Stage) PreAnswer(context.Context) error {
	s.say("the caller hears sound before the answer")
	return nil
}

// Play implements route.Player.
func (s *Stage) Play(_ context.Context, p route.Prompt) error {
	s.say("play %s", heard(p.Sounds))
	return nil
}

func heard(sounds []route.Sound) string {
	var all []string
	for _, sound := range sounds {
		all = append(all, sound.String())
	}
	return cmp.Or(strings.Join(all, ", "), "nothing")
}

// Collect implements route.Collector: what answers to getDigits say is pressed.
func (s *Stage) Collect(_ context.Context, c route.Collection) (string, error) {
	keys := s.next("getDigits", "")
	if keys == "" {
		s.pass(c.Timeout)
	}
	s.say("play %s, wait for keys: %q", heard(c.Prompt), keys)
	return keys, nil
}

// FlushDigits implements route.Flusher.
func (s *Stage) FlushDigits(context.Context) error { return nil }

// Connect implements route.Connector. Answers: answered, or a cause such as USER_BUSY; nobody answers if nothing is said.
func (s *Stage) Connect(_ context.Context, d route.Dial) (route.Connected, error) {
	var whom []string
	for _, t := range d.Targets {
		whom = append(whom, strings.TrimSuffix(t.Type+":"+t.Name+"/"+t.DialString, "/"))
	}
	word := s.next("bridge", "NO_ANSWER")
	s.say("ring %s for %s as %s <%s>: %s", strings.Join(whom, ", "), d.Timeout, d.CallerName, d.CallerID, word)
	how := route.Connected{To: d.Targets[0].Name}
	if word == "answered" || word == "SUCCESS" {
		s.mu.Lock()
		s.talked, s.answer = true, true
		s.mu.Unlock()
		d.OnAnswer()
		how.Answered, how.Cause = true, bridge.NormalClearing
		return how, nil
	}
	s.pass(d.Timeout)
	c, err := bridge.ParseCause(word)
	if err != nil {
		how.Word, c = word, bridge.NormalUnspecified
	}
	how.Cause = c
	return how, nil
}

// Record implements route.Recorder.
func (s *Stage) Record(_ context.Context, r route.Recording) (string, error) {
	s.say("record the call as %s", r.Type)
	if len(r.Email) > 0 {
		s.say("mail the recording to %s", strings.Join(r.Email, ", "))
	}
	return cmp.Or(r.Name, "rehearsal") + "." + r.Type, nil
}

// StopRecording implements route.Recorder.
func (s *Stage) StopRecording(context.Context) error {
	s.say("stop recording")
	return nil
}

// TakeMessage implements route.MessageTaker. Answers to recordFile: nothing, if the caller says nothing.
func (s *Stage) TakeMessage(_ context.Context, m route.Message) (string, error) {
	s.say("record what the caller says, for %s at most", m.Longest)
	return s.next("recordFile", m.Name+"."+m.Type), nil
}

// JoinConference implements route.Conferencer.
func (s *Stage) JoinConference(_ context.Context, r route.Room) error {
	s.mu.Lock()
	s.met = true
	s.mu.Unlock()
	s.say("join conference %s with profile %s %s", r.Name, r.Profile, strings.Join(r.Flags, " "))
	return nil
}

// Wait implements route.Queuer. Answers: answered, or cancel if nothing is said.
func (s *Stage) Wait(ctx context.Context, w route.Waiting) (route.Waited, error) {
	word := s.next("queue", "cancel")
	s.say("wait in queue %s: %s", w.Queue, word)
	w.Meanwhile(ctx)
	s.mu.Lock()
	s.talked = s.talked || word == "answered"
	s.mu.Unlock()
	return route.Waited{Answered: word == "answered", Result: word}, nil
}

// LeaveQueue implements route.QueueMember.
func (s *Stage) LeaveQueue(context.Context) error {
	s.say("leave the queue")
	return nil
}

// QueuePosition implements route.QueueMember.
func (s *Stage) QueuePosition(context.Context) (int, error) { return 1, nil }

// Detect implements route.Detector. Answers: HUMAN, which it is if nothing is said, or MACHINE.
func (s *Stage) Detect(_ context.Context, settings string) (route.Detected, error) {
	word := s.next("amd", "HUMAN")
	s.say("listen for an answering machine %s: %s", settings, word)
	return route.Detected{Result: word}, nil
}

// Execute implements route.Executor.
func (s *Stage) Execute(_ context.Context, application, argument string) error {
	s.say("FreeSWITCH: %s", strings.TrimSpace(application+" "+argument))
	return nil
}

// API implements route.Asker.
func (s *Stage) API(_ context.Context, command, argument string) (string, error) {
	s.say("ask FreeSWITCH: %s %s", command, argument)
	return "", nil
}

// HangupCall implements route.Switchboard.
func (s *Stage) HangupCall(_ context.Context, id string, c bridge.Cause) error {
	s.say("hang up call %s: %s", id, c)
	return nil
}

// Add implements route.ListKeeper.
func (s *Stage) Add(_ context.Context, list, number, comment string, _ time.Time) error {
	s.say("add %s to list %s: %s", number, list, comment)
	return nil
}

// Has implements route.ListKeeper.
func (s *Stage) Has(string, string, time.Time) bool { return false }
