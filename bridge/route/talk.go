package route

import (
	"context"
	"strconv"
	"strings"
)

type conference struct {
	Name    text     `json:"name" short:"true" need:"word"`
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
		r.answered()
	}
	return err
}

type park struct {
	Name text `json:"name" short:"true" need:"word"`
	Lot  text `json:"lot"`
	Auto text `json:"auto" default:"in"`
}

func (s *park) run(ctx context.Context, r *run) error {
	name, err := word(r.clean(s.Name.Template))
	if err != nil {
		return err
	}
	argument := r.atDomain(name)
	if lot := r.clean(s.Lot.Template); lot != "" {
		if lot, err = word(lot); err != nil {
			return err
		}
		argument += " " + lot
		if low, high, ok := strings.Cut(lot, "-"); ok { // slots from-to: FreeSWITCH picks one
			argument = r.atDomain(name) + " auto " + r.clean(s.Auto.Template) + " " + low + " " + high
		}
	}
	return r.execute(ctx, "valet_park", argument)
}

type pickup struct {
	Name text `json:"name" short:"true" need:"word"`
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

// run waits until it is known who has answered.
func (s *amd) run(ctx context.Context, r *run) error {
	d, ok := r.ch.(Detector)
	if !ok {
		return ErrNeedsFreeSWITCH
	}
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
	how, err := d.Detect(ctx, strings.Join(all, " "))
	if err != nil {
		return err
	}
	r.put("amd_result", how.Result, Local)
	r.put("amd_cause", how.Cause, Local)
	return nil
}
