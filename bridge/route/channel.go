package route

import (
	"context"
	"errors"
	"regexp"
	"time"

	"switchgram/bridge"
)

// ErrNeedsFreeSWITCH is what a Channel's ability returns for what only FreeSWITCH can do. If the channel is a Mover that can, Run ends with Moves
// and the step runs again there; otherwise the step fails and the script goes on.
var ErrNeedsFreeSWITCH = errors.New("route: this needs FreeSWITCH")

// Channel is a call as a script drives it. Methods are called by one goroutine at a time, except Variable; those with a context return
// soon after it has ended, which it does when the call does. What else a channel can do are the optional interfaces below, found by type
// assertion: a step whose ability is missing needs FreeSWITCH.
//
// Text that a channel is handed may have been written by strangers. Control characters and "${" are taken out of their part of it before (they
// have no place in a command to FreeSWITCH); quoting it for a protocol is the channel's business.
type Channel interface {
	// ID names the call. It stays the same when the call moves.
	ID() string
	// Variable is what the channel knows by that name, such as caller_id_number. It does not block.
	Variable(name string) (value string, known bool)
	// Answer answers, and returns when sound runs. It may be called again.
	Answer(ctx context.Context) error
	// Hangup ends the call. It may be called again.
	Hangup(ctx context.Context, c bridge.Cause) error
}

// Mover is a Channel that can become one of FreeSWITCH.
type Mover interface{ CanMove() bool }

// Ringer lets the caller hear that it rings.
type Ringer interface {
	Ring(ctx context.Context) error
}

// PreAnswerer lets the caller hear sound before the answer.
type PreAnswerer interface {
	PreAnswer(ctx context.Context) error
}

// SoundKind is what a Sound is.
type SoundKind uint8

// The kinds of sounds.
const (
	File    SoundKind = iota // Name: of a file; relative to the folder of sounds
	Tone                     // Name: TGML, such as L=1;%(400,200,800)
	Silence                  // Length
	Say                      // Name: what; Language, Method: of FreeSWITCH's phrases, such as en and number
	Stream                   // Name: a URL
)

// Sound is something to be heard.
type Sound struct {
	Kind     SoundKind
	Name     string
	Length   time.Duration
	Language string
	Method   string
	Folder   string // of a File: where it is looked for first; empty: nowhere else
	Fresh    bool   // read the file again even if it was before
}

// Listener is who hears a sound.
type Listener uint8

// The listeners.
const (
	ALeg Listener = iota // who called
	BLeg                 // whom it is connected to
	Both
)

// Prompt is what is played, one sound after the other.
type Prompt struct {
	Sounds      []Sound
	To          Listener
	Terminators string // keys that stop it; empty: none
}

// Player plays, and returns when everything was played or a terminator was pressed.
type Player interface {
	Play(ctx context.Context, p Prompt) error
}

// Collection is one try to have the caller press keys.
type Collection struct {
	Prompt      []Sound        // a key ends it; may be empty
	Min, Max    int            // keys
	Timeout     time.Duration  // for the first key after the prompt
	Between     time.Duration  // for each one after
	Terminators string         // keys that end it and do not count
	Flush       bool           // what was pressed before does not count
	Pattern     *regexp.Regexp // what they are to match; to know when enough were pressed. Run checks it again
}

// Collector has the caller press keys. Nothing pressed is no error. What is pressed may be secret: it is not logged.
type Collector interface {
	Collect(ctx context.Context, c Collection) (digits string, err error)
}

// Flusher forgets the keys that were pressed until now.
type Flusher interface {
	FlushDigits(ctx context.Context) error
}

// Scheduler ends the call later.
type Scheduler interface {
	HangupAfter(ctx context.Context, d time.Duration, c bridge.Cause) error
}

// Waiter plays something to the caller while somebody is called, again and again. A channel without it is told by variables.
type Waiter interface {
	SetRingback(ctx context.Context, s Sound) error
}

// Echoer lets the caller hear what it says, that much later, until the context ends.
type Echoer interface {
	Echo(ctx context.Context, delay time.Duration) error
}

// Target is one whom Connect rings.
type Target struct {
	Type       string // user, device, sipDevice, sipUri, sipGateway, gateway, verto, telegram, telegramGroup, conference, queue
	Name       string // of the user, device, gateway, conference or queue; a Telegram peer or chat
	Domain     string
	Protocol   string // of a user: sip, webrtc, any
	Profile    string // of a sipUri
	Host       string
	DialString string // what a gateway or sipUri is to dial: passed Options.MayDial
	Shown      string // name to show
	Timeout    time.Duration
	Variables  map[string]string // of this leg alone
}

// Dial is whom to connect the caller to: all at once, the first to answer wins.
type Dial struct {
	Targets    []Target
	Timeout    time.Duration     // for all; 0: the channel's
	Variables  map[string]string // of all legs
	CallerName string            // as the called see it
	CallerID   string
	Codecs     []string
	Group      string // whose members may pick the call up while it rings
	OnAnswer   func() // called once when the two talk, on any goroutine; never nil
	OnSound    string // what to play to the called at the answer; empty: nothing
}

// Connected is how a Dial went: nobody answered, or somebody did and has left again.
type Connected struct {
	Answered bool
	Cause    bridge.Cause
	Word     string // FreeSWITCH's for it where it is no Q.850 cause, such as ALLOTTED_TIMEOUT; empty: Cause's
	To       string // who answered, or the last who did not
	Leg      string // the called leg's id; empty: unknown
}

// Connector connects the caller to somebody, and returns when they have parted. An error says that nobody could be called at all.
type Connector interface {
	Connect(ctx context.Context, d Dial) (Connected, error)
}

// Recording is how a call is recorded.
type Recording struct {
	Name       string // of the file, without ending; empty: the channel's choice
	Type       string // mp3, wav, ogg
	Stereo     bool
	WhenTwo    bool          // begins when two talk
	Least      time.Duration // what is shorter is thrown away
	FollowsOn  bool          // a transfer does not end it
	Announcing []Sound       // played to both when it begins
	Email      []string      // who is mailed when it is finished
}

// Recorder records the call. A file beside an error says that it does, and that something else is wrong. A file that has no name yet is what the channel
// knows as record_file when it has. StopRecording of what does not run is no error.
type Recorder interface {
	Record(ctx context.Context, r Recording) (file string, err error)
	StopRecording(ctx context.Context) error
}

// Message is what the caller is to say.
type Message struct {
	Name        string
	Type        string // wav, mp3
	Longest     time.Duration
	Silence     time.Duration // that ends it; 0: none does
	Threshold   int           // below which it is silent, as FreeSWITCH counts: 200 is quiet
	Terminators string
}

// MessageTaker records the caller alone and returns the file when that has said all. Empty: nothing was said.
type MessageTaker interface {
	TakeMessage(ctx context.Context, m Message) (file string, err error)
}

// Room is a conference to join.
type Room struct {
	Name    string
	Domain  string
	Profile string
	PIN     string
	Flags   []string
}

// Conferencer joins a conference, and returns when the caller has left it.
type Conferencer interface {
	JoinConference(ctx context.Context, r Room) error
}

// Waiting is how the caller waits for an agent.
type Waiting struct {
	Queue     string
	Domain    string
	Priority  int
	Agent     string // who is asked first; empty: as the queue has it
	Ringtone  string
	Meanwhile func(context.Context) // called once when the caller waits, on any goroutine; its context is to end with that, and Wait returns after it
	Bridged   func()                // called once when an agent talks, on any goroutine
}

// Waited is how that went.
type Waited struct {
	Answered bool
	Result   string // FreeSWITCH's cc_cause: answered, cancel
	Agent    string
}

// Queuer has the caller wait in a queue for an agent, and returns when they have parted or the caller has given up. Meanwhile other methods of the channel
// are called: what they do is done to the caller who waits.
type Queuer interface {
	Wait(ctx context.Context, w Waiting) (Waited, error)
}

// QueueMember is a caller who waits in a queue. Its methods may be called while Wait has not returned.
type QueueMember interface {
	// LeaveQueue ends the waiting, soon.
	LeaveQueue(ctx context.Context) error
	// QueuePosition is how many are served before the caller, plus one.
	QueuePosition(ctx context.Context) (int, error)
}

// Detected is who has answered: HUMAN, MACHINE, NOTSURE, and by what that was told, as mod_amd has it.
type Detected struct{ Result, Cause string }

// Detector tells answering machines from people, and returns when it knows. The settings are those of mod_amd.
type Detector interface {
	Detect(ctx context.Context, settings string) (Detected, error)
}

// Scope is who sees a variable.
type Scope uint8

// The scopes.
const (
	Channelwide Scope = iota // this leg: set
	Exported                 // this leg, and those it will call: all:
	Inherited                // those it will call: nolocal:
	Domain                   // all calls of the domain: domain:
	Local                    // the script alone: local:. A channel never sees it
)

// VariableSetter is told of the variables that a script sets. A channel without it has no use for them.
type VariableSetter interface {
	SetVariable(ctx context.Context, name, value string, s Scope) error
	UnsetVariable(ctx context.Context, name string) error
}

// Executor runs an application of FreeSWITCH's, and returns when it is done.
type Executor interface {
	Execute(ctx context.Context, application, argument string) error
}

// Switchboard acts on other calls than this one.
type Switchboard interface {
	HangupCall(ctx context.Context, id string, c bridge.Cause) error
}

// Asker asks FreeSWITCH: a command of its console, and what that prints.
type Asker interface {
	API(ctx context.Context, command, argument string) (string, error)
}
