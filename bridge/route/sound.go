package route

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"switchgram/bridge/route/tree"
)

// longestPlay and longestCollect are how long one may listen, and type.
const (
	longestPlay    = 10 * time.Minute
	longestCollect = 5 * time.Minute
	longestSpeech  = 1000 // characters
)

// media is something to be heard, as scripts have it.
type media struct {
	Name    channelText `json:"name"`
	ID      anything    `json:"id"`
	Type    string      `json:"type" words:"mp3,wav,local,silence,tone,say,shout,tts" default:"mp3"`
	Text    text        `json:"text"`
	Voice   text        `json:"voice"`
	Lang    text        `json:"lang"`
	Method  text        `json:"method"`
	Refresh bool        `json:"refresh"`
}

type playback struct {
	Name       channelText `json:"name" short:"true"`
	Type       string      `json:"type" words:"mp3,wav,local,silence,tone,say,shout,tts" default:"mp3"`
	Text       text        `json:"text"`
	Voice      text        `json:"voice"`
	Lang       text        `json:"lang"`
	Method     text        `json:"method"`
	Refresh    bool        `json:"refresh"`
	Files      []media     `json:"files"`
	Terminator text        `json:"terminator" default:"#"`
	Broadcast  string      `json:"broadcast" words:"aleg,bleg,both" default:"aleg"`
	GetDigits  *getDigits  `json:"getDigits"`
}

// getDigits is how keys are waited for.
type getDigits struct {
	SetVar       variable     `json:"setVar" default:"MyVar"`
	Min          int          `json:"min" default:"1" min:"0" max:"64"`
	Max          int          `json:"max" default:"1" min:"1" max:"64"`
	Tries        int          `json:"tries" default:"1" min:"1" max:"20"`
	Timeout      milliseconds `json:"timeout" default:"3000"`
	DigitTimeout milliseconds `json:"digitTimeout"`
	Regexp       expected     `json:"regexp" default:".*"`
	Terminators  string       `json:"terminators"`
	FlushDTMF    bool         `json:"flushDTMF"`
}

func (s *playback) check(p *parser, n *tree.Node) {
	if s.Name.Empty() && s.Text.Empty() && len(s.Files) == 0 {
		p.say(n, "name, files or text is missing: what is to be played?")
	}
	if s.GetDigits != nil && s.GetDigits.Max < s.GetDigits.Min {
		p.say(n, "getDigits wants %d keys at least, %d at most", s.GetDigits.Min, s.GetDigits.Max)
	}
}

func (s *playback) run(ctx context.Context, r *run) error {
	all := s.Files
	if len(all) == 0 {
		one := media{Name: s.Name, Type: s.Type, Text: s.Text, Voice: s.Voice, Lang: s.Lang, Method: s.Method, Refresh: s.Refresh}
		if one.Name.Empty() && one.Type == "mp3" {
			one.Type = "tts"
		}
		all = []media{one}
	}
	sounds, err := r.sounds(ctx, all)
	if err != nil {
		return err
	}
	terminators := r.raw(s.Terminator.Template)
	if s.GetDigits != nil {
		return r.collect(ctx, sounds, terminators, s.GetDigits)
	}
	to := map[string]Listener{"aleg": ALeg, "bleg": BLeg, "both": Both}[s.Broadcast]
	return r.play(ctx, Prompt{Sounds: sounds, To: to, Terminators: terminators})
}

func (r *run) play(ctx context.Context, p Prompt) error {
	player, ok := r.ch.(Player)
	if !ok {
		return ErrNeedsFreeSWITCH
	}
	ctx, cancel := context.WithTimeoutCause(ctx, longestPlay, errStepTime)
	defer cancel()
	return player.Play(ctx, p)
}

// sounds are what media are for the channel.
func (r *run) sounds(ctx context.Context, all []media) ([]Sound, error) {
	sounds := make([]Sound, 0, len(all))
	for i := range all {
		s, err := r.sound(ctx, &all[i])
		if err != nil {
			return nil, err
		}
		sounds = append(sounds, s)
	}
	return sounds, nil
}

func (r *run) sound(ctx context.Context, m *media) (Sound, error) {
	name := r.clean(m.Name.Template)
	switch m.Type {
	case "silence":
		ms, err := strconv.Atoi(name)
		if err != nil || ms < 0 {
			return Sound{}, failure("bad_sound", "silence of %q milliseconds", name)
		}
		return Sound{Kind: Silence, Length: time.Duration(ms) * time.Millisecond}, nil
	case "tone":
		return Sound{Kind: Tone, Name: name}, nil
	case "say":
		what := name
		if what == "" {
			what = r.clean(m.Text.Template)
		}
		return Sound{Kind: Say, Name: what, Language: r.clean(m.Lang.Template), Method: r.clean(m.Method.Template)}, nil
	case "shout":
		return Sound{Kind: Stream, Name: name}, nil
	case "tts":
		return r.speech(ctx, Speech{Text: r.raw(m.Text.Template), Voice: r.raw(m.Voice.Template), Language: r.raw(m.Lang.Template)})
	}
	if name = safePath(name); name == "" {
		return Sound{}, failure("bad_sound", "no file is named")
	}
	return Sound{Kind: File, Name: name, Folder: r.soundFolder(), Fresh: m.Refresh}, nil
}

// collect has keys pressed, in several tries if need be. What was pressed in vain is "".
func (r *run) collect(ctx context.Context, prompt []Sound, terminators string, g *getDigits) error {
	collector, ok := r.ch.(Collector)
	if !ok {
		return ErrNeedsFreeSWITCH
	}
	ctx, cancel := context.WithTimeoutCause(ctx, longestCollect, errStepTime)
	defer cancel()
	c := Collection{
		Prompt: prompt, Min: g.Min, Max: g.Max, Timeout: g.Timeout.of(r), Between: g.DigitTimeout.of(r), Terminators: terminators,
		Flush: g.FlushDTMF, Pattern: g.Regexp.Regexp,
	}
	if g.Terminators != "" {
		c.Terminators = g.Terminators
	}
	if c.Between == 0 {
		c.Between = c.Timeout
	}
	any := false
	for range g.Tries {
		digits, err := collector.Collect(ctx, c)
		if err != nil {
			return err
		}
		if any = any || digits != ""; len(digits) >= g.Min && len(digits) <= g.Max && whole(c.Pattern, digits) {
			return r.set(ctx, g.SetVar, digits)
		}
	}
	if err := r.set(ctx, g.SetVar, ""); err != nil || any {
		return err
	}
	return failure("no_dtmf", "no keys were pressed")
}

func whole(re *regexp.Regexp, s string) bool { return re == nil || re.MatchString(s) }

// String is the sound as FreeSWITCH writes it.
func (s Sound) String() string {
	switch s.Kind {
	case Tone:
		return "tone_stream://" + s.Name
	case Silence:
		return fmt.Sprintf("silence_stream://%d", s.Length.Milliseconds())
	case Say:
		return strings.Join([]string{"say", s.Language, s.Method, s.Name}, ":")
	}
	return s.Name
}
