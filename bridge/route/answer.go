package route

import (
	"cmp"
	"context"
	"strconv"
	"strings"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/route/template"
	"switchgram/bridge/route/tree"
)

// answer answers; "183 …" lets sound through before, "180 …" lets it ring.
type answer struct{ status string }

func (s *answer) read(p *parser, n *tree.Node) {
	if n.Kind == tree.List || n.Kind == tree.Object && len(n.Members) > 0 {
		p.say(n, "want true, or a text such as 200 OK")
	}
	s.status = n.Text
}

func (s *answer) run(ctx context.Context, r *run) error {
	switch {
	case strings.HasPrefix(s.status, "180"):
		return (&ringReady{}).run(ctx, r)
	case strings.HasPrefix(s.status, "183"):
		return (&preAnswer{}).run(ctx, r)
	}
	return r.answer(ctx)
}

// answer answers the call unless it is.
func (r *run) answer(ctx context.Context) error {
	if r.state.Answered {
		return nil
	}
	if err := r.ch.Answer(ctx); err != nil {
		return err
	}
	r.answered()
	return nil
}

// answered notes that the call is.
func (r *run) answered() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state.Answered = true
}

type preAnswer struct{ nothing }

// run lets sound through if the caller's side can; otherwise it rings, which is the next best.
func (s *preAnswer) run(ctx context.Context, r *run) error {
	if early, ok := r.ch.(PreAnswerer); ok {
		return early.PreAnswer(ctx)
	}
	return (&ringReady{}).run(ctx, r)
}

type ringReady struct{ nothing }

func (s *ringReady) run(ctx context.Context, r *run) error {
	if ringer, ok := r.ch.(Ringer); ok {
		return ringer.Ring(ctx)
	}
	return nil // it rings at the caller's by itself
}

type hangup struct {
	Cause text `json:"cause" short:"true" default:"NORMAL_CLEARING"`
	UUID  text `json:"uuid"`
}

func (s *hangup) check(p *parser, n *tree.Node) {
	if word, plain := s.Cause.Constant(); plain {
		if _, err := cause(word); err != nil {
			p.say(n, "%v", err)
		}
	}
}

// cause reads a name of FreeSWITCH's, or a number of Q.850's. Names that are no Q.850 cause count as what they are most like.
func cause(word string) (bridge.Cause, error) {
	word = strings.TrimSpace(word)
	if n, err := strconv.Atoi(word); err == nil && n > 0 && n < 128 {
		return bridge.Cause(n), nil
	}
	if like, ok := likeCauses[strings.ToUpper(word)]; ok {
		return like, nil
	}
	return bridge.ParseCause(cmp.Or(word, "NORMAL_CLEARING"))
}

var likeCauses = map[string]bridge.Cause{
	"ALLOTTED_TIMEOUT": bridge.NoAnswer, "ORIGINATOR_CANCEL": bridge.NormalClearing, "USER_NOT_REGISTERED": bridge.SubscriberAbsent,
	"USER_CHALLENGE": bridge.CallRejected, "PROGRESS_TIMEOUT": bridge.NoAnswer, "MEDIA_TIMEOUT": bridge.NormalTemporaryFailure,
}

func (s *hangup) run(ctx context.Context, r *run) error {
	c, err := cause(r.raw(s.Cause.Template))
	if err != nil {
		c = bridge.NormalClearing
	}
	if id := r.clean(s.UUID.Template); id != "" && id != r.state.Call {
		board, ok := r.ch.(Switchboard)
		if !ok {
			return ErrNeedsFreeSWITCH
		}
		return board.HangupCall(ctx, id, c)
	}
	r.hangUp(ctx, c)
	return nil
}

type recordSession struct {
	Action         string `json:"action" short:"true" words:"start,stop" default:"start"`
	Name           text   `json:"name"`
	Type           string `json:"type" words:"mp3,wav,ogg" default:"wav"`
	MinSec         int    `json:"minSec" default:"2" min:"0" max:"3600"`
	Stereo         bool   `json:"stereo" default:"true"`
	Bridged        bool   `json:"bridged" default:"true"`
	FollowTransfer bool   `json:"followTransfer"`
	Announce       text   `json:"announce"`
	Email          texts  `json:"email" most:"10"`
}

func (s *recordSession) run(ctx context.Context, r *run) error {
	recorder, ok := r.ch.(Recorder)
	if !ok {
		return ErrNeedsFreeSWITCH
	}
	if s.Action == "stop" {
		return recorder.StopRecording(ctx)
	}
	o := Recording{
		Name: safeName(r.clean(s.Name.Template)), Type: s.Type, Stereo: s.Stereo, WhenTwo: s.Bridged, FollowsOn: s.FollowTransfer,
		Least: time.Duration(s.MinSec) * time.Second, Email: s.Email.render(r, template.Raw),
	}
	if name := r.clean(s.Announce.Template); name != "" {
		o.Announcing = []Sound{{Kind: File, Name: safePath(name)}}
	}
	file, err := recorder.Record(ctx, o)
	if err != nil && file == "" {
		return err
	}
	r.recorded(file)
	if err == nil && len(o.Email) > 0 && r.engine.opt.Mailer == nil {
		return failure("unavailable", "nothing sends mail here")
	}
	return err
}

// recorded notes where the call is recorded: as a fact, since it may yet turn out to be too short to be kept.
func (r *run) recorded(file string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.state.Variables, "record_file")
	r.state.Facts["record_file"] = file
}

// safeName is a name for a file, and no path.
func safeName(s string) string {
	return strings.Trim(strings.Map(func(c rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, c) || c <= ' ' {
			return '_'
		}
		return c
	}, s), ".")
}

// safePath is a path below the folder of sounds.
func safePath(s string) string {
	var parts []string
	for part := range strings.SplitSeq(strings.ReplaceAll(s, `\`, "/"), "/") {
		if part = safeName(part); part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "/")
}

// execute has FreeSWITCH run an application.
func (r *run) execute(ctx context.Context, application, argument string) error {
	x, ok := r.ch.(Executor)
	if !ok {
		return ErrNeedsFreeSWITCH
	}
	return x.Execute(ctx, application, argument)
}

type scheduleHangup struct {
	Seconds int    `json:"seconds" short:"true" default:"2" min:"1" max:"86400"`
	Cause   string `json:"cause" default:"ALLOTTED_TIMEOUT"`
}

func (s *scheduleHangup) check(p *parser, n *tree.Node) {
	if _, err := cause(s.Cause); err != nil {
		p.say(n, "%v", err)
	}
}

func (s *scheduleHangup) run(ctx context.Context, r *run) error {
	return r.hangUpAfter(ctx, s.Seconds, s.Cause)
}

// hangUpAfter has the call end later.
func (r *run) hangUpAfter(ctx context.Context, seconds int, word string) error {
	later, ok := r.ch.(Scheduler)
	if !ok {
		return r.execute(ctx, "sched_hangup", "+"+strconv.Itoa(seconds)+" "+strings.ToLower(word))
	}
	c, err := cause(word)
	if err != nil {
		return err
	}
	return later.HangupAfter(ctx, time.Duration(seconds)*time.Second, c)
}

type schedule struct {
	Action  string `json:"action" words:"hangup,goto" need:"true"`
	Seconds int    `json:"seconds" default:"2" min:"1" max:"86400"`
	Data    text   `json:"data"`
}

func (s *schedule) run(ctx context.Context, r *run) error {
	data := r.clean(s.Data.Template)
	if s.Action == "hangup" {
		return r.hangUpAfter(ctx, s.Seconds, cmp.Or(data, "ALLOTTED_TIMEOUT"))
	}
	where, number := target(data)
	if where == "local" {
		where = Default
	}
	if !dialable.MatchString(number) {
		return failure("bad_number", "%q cannot be dialled", number)
	}
	return r.execute(ctx, "sched_transfer", "+"+strconv.Itoa(s.Seconds)+" "+number+" XML "+where)
}

// word is a text without blanks, for the arguments of FreeSWITCH's applications that are told apart by them.
func word(s string) (string, error) {
	if s == "" || strings.ContainsAny(s, " ,|;'\"{}[]<>^$`\\") {
		return "", failure("bad_name", "%q has characters that a name must not have", s)
	}
	return s, nil
}

type setUser struct {
	Name   text `json:"name" short:"true"`
	ID     text `json:"id"`
	Prefix text `json:"prefix"`
}

func (s *setUser) check(p *parser, n *tree.Node) {
	if s.Name.Empty() && s.ID.Empty() {
		p.say(n, "name is missing: which user?")
	}
}

func (s *setUser) run(ctx context.Context, r *run) error {
	name, err := word(cmp.Or(r.clean(s.Name.Template), r.clean(s.ID.Template)))
	if err != nil {
		return err
	}
	argument := r.atDomain(name)
	if prefix := r.clean(s.Prefix.Template); prefix != "" {
		argument += " " + safeName(prefix)
	}
	return r.execute(ctx, "set_user", argument)
}

type userData struct {
	Name   text     `json:"name" need:"word"`
	Var    text     `json:"var" need:"word"`
	SetVar variable `json:"setVar" need:"true"`
}

// run asks who knows users of ours, and FreeSWITCH about others.
func (s *userData) run(ctx context.Context, r *run) error {
	name, err := word(r.clean(s.Name.Template))
	if err != nil {
		return err
	}
	what, err := word(r.clean(s.Var.Template))
	if err != nil {
		return err
	}
	value, ours := "", false
	if d := r.engine.opt.Directory; d != nil {
		bare, domain := r.domainOf(name)
		value, ours = d.UserData(domain, bare, what)
	}
	if !ours {
		value, err = r.userOfFreeSWITCH(ctx, name, what)
	}
	if err != nil {
		return err
	}
	return r.set(ctx, s.SetVar, value)
}

// userOfFreeSWITCH is a variable of a user in its directory.
func (r *run) userOfFreeSWITCH(ctx context.Context, name, what string) (string, error) {
	asker, ok := r.ch.(Asker)
	if !ok {
		return "", ErrNeedsFreeSWITCH
	}
	value, err := asker.API(ctx, "user_data", r.atDomain(name)+" var "+what)
	return strings.TrimSpace(value), err
}

// domainOf is a name without the domain that it may say after an @, and that, or the call's.
func (r *run) domainOf(name string) (bare, domain string) {
	if bare, domain, ok := strings.Cut(name, "@"); ok {
		return bare, domain
	}
	return name, r.state.Domain
}

// atDomain is a name as FreeSWITCH has it: with its domain, or without one in its own.
func (r *run) atDomain(name string) string {
	bare, domain := r.domainOf(name)
	if domain == "" {
		return bare
	}
	return bare + "@" + domain
}
