package route

import (
	"cmp"
	"context"
	"strconv"
	"strings"
	"sync"

	"switchgram/bridge/route/template"
)

type conference struct {
	Name    text     `json:"name" short:"true" need:"true"`
	Profile string   `json:"profile" default:"default"`
	PIN     text     `json:"pin"`
	Flags   []string `json:"flags"`
}

// run joins a conference; FreeSWITCH's names of conferences have a domain, so that two domains may each have a "daily".
func (s *conference) run(ctx context.Context, r *run) error {
	c, ok := r.ch.(Conferencer)
	if !ok {
		return ErrNeedsFreeSWITCH
	}
	name, err := word(r.clean(s.Name.Template))
	if err != nil {
		return err
	}
	err = c.JoinConference(ctx, Room{Name: name, Domain: r.state.Domain, Profile: s.Profile, PIN: r.clean(s.PIN.Template), Flags: s.Flags})
	if err == nil {
		r.state.Answered = true
	}
	return err
}

type queue struct {
	Name     text     `json:"name"`
	Queue    named    `json:"queue"`
	Priority int      `json:"priority"`
	Agent    text     `json:"agent"`
	Ringtone text     `json:"ringtone"`
	Timer    anything `json:"timer"`
	Timers   anything `json:"timers"`
	Waiting  steps    `json:"waiting"`
	Bridged  steps    `json:"bridged"`
}

// run waits for an agent. If one has talked with the caller the script ends, as with bridge.
func (s *queue) run(ctx context.Context, r *run) error {
	q, ok := r.ch.(Queuer)
	if !ok {
		return ErrNeedsFreeSWITCH
	}
	name, err := word(cmp.Or(r.clean(s.Name.Template), s.Queue.name()))
	if err != nil {
		return err
	}
	w := Waiting{
		Queue: name, Domain: r.state.Domain, Priority: s.Priority, Agent: r.clean(s.Agent.Template), Ringtone: r.clean(s.Ringtone.Template),
		Bridged: func() {},
	}
	route := r.script().Name
	if s.Waiting.given() {
		r.beside(ctx, s.Waiting.block, route)
	}
	if s.Bridged.given() {
		w.Bridged = sync.OnceFunc(func() { r.beside(ctx, s.Bridged.block, route) })
	}
	how, err := q.Wait(ctx, w)
	if err != nil {
		return err
	}
	r.put("cc_result", how.Result, Local)
	r.put("cc_agent_name", how.Agent, Local)
	if r.state.Answered = true; how.Answered {
		r.leave()
	}
	return nil
}

type cancelQueue struct{ anything }

func (s *cancelQueue) run(ctx context.Context, r *run) error {
	return r.execute(ctx, "break", "")
}

type ccPosition struct {
	Var variable `json:"var"`
	Set variable `json:"set"`
}

func (s *ccPosition) run(ctx context.Context, r *run) error {
	v := s.Var
	if !v.given() {
		v = s.Set
	}
	if !v.given() {
		v = variable{name: "cc_position"}
	}
	return r.set(ctx, v, r.Variable("cc_queue_position"))
}

// queueStatus asks how a queue stands: variables get how many agents are free, and how many callers wait.
type queueStatus struct {
	Name           text     `json:"name"`
	Queue          named    `json:"queue"`
	FreeAgents     variable `json:"freeAgents"`
	WaitingMembers variable `json:"waitingMembers"`
}

func (s *queueStatus) run(ctx context.Context, r *run) error {
	asker, ok := r.ch.(Asker)
	if !ok {
		return ErrNeedsFreeSWITCH
	}
	name, err := word(cmp.Or(r.clean(s.Name.Template), s.Queue.name()))
	if err != nil {
		return err
	}
	for _, one := range []struct {
		into variable
		ask  string
	}{{s.FreeAgents, "queue count agents " + name + "@" + r.state.Domain + " Available"}, {s.WaitingMembers, "queue count members " + name + "@" + r.state.Domain}} {
		if !one.into.given() {
			continue
		}
		said, err := asker.API(ctx, "callcenter_config", one.ask)
		if err != nil {
			return err
		}
		if err := r.set(ctx, one.into, template.Digits(said)); err != nil {
			return err
		}
	}
	return nil
}

type park struct {
	Name text `json:"name" short:"true" need:"true"`
	Lot  text `json:"lot"`
	Auto text `json:"auto" default:"in"`
}

func (s *park) run(ctx context.Context, r *run) error {
	name, err := word(r.clean(s.Name.Template))
	if err != nil {
		return err
	}
	argument := name + "@" + r.state.Domain
	if lot := r.clean(s.Lot.Template); lot != "" {
		if lot, err = word(lot); err != nil {
			return err
		}
		argument += " " + lot
		if low, high, ok := strings.Cut(lot, "-"); ok { // slots from-to: FreeSWITCH picks one
			argument = name + "@" + r.state.Domain + " auto " + r.clean(s.Auto.Template) + " " + low + " " + high
		}
	}
	return r.execute(ctx, "valet_park", argument)
}

type pickup struct {
	Name text `json:"name" short:"true" need:"true"`
}

func (s *pickup) run(ctx context.Context, r *run) error {
	group, err := word(r.clean(s.Name.Template))
	if err != nil {
		return err
	}
	return r.execute(ctx, "pickup", group)
}

type amd struct {
	Greeting             int `json:"greeting"`
	InitialSilence       int `json:"initialSilence"`
	AfterGreetingSilence int `json:"afterGreetingSilence"`
	TotalAnalysisTime    int `json:"totalAnalysisTime"`
	MinWordLength        int `json:"minWordLength"`
	BetweenWordsSilence  int `json:"betweenWordsSilence"`
	MaximumNumberOfWords int `json:"maximumNumberOfWords"`
	MaximumWordLength    int `json:"maximumWordLength"`
	SilenceThreshold     int `json:"silenceThreshold"`
}

func (s *amd) run(ctx context.Context, r *run) error {
	var all []string
	for _, o := range []struct {
		name  string
		value int
	}{
		{"greeting", s.Greeting}, {"initial_silence", s.InitialSilence}, {"after_greeting_silence", s.AfterGreetingSilence},
		{"total_analysis_time", s.TotalAnalysisTime}, {"min_word_length", s.MinWordLength}, {"between_words_silence", s.BetweenWordsSilence},
		{"maximum_number_of_words", s.MaximumNumberOfWords}, {"maximum_word_length", s.MaximumWordLength}, {"silence_threshold", s.SilenceThreshold},
	} {
		if o.value > 0 {
			all = append(all, o.name+"="+strconv.Itoa(o.value))
		}
	}
	return r.execute(ctx, "amd", strings.Join(all, " "))
}
