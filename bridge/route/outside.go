package route

import (
	"context"
	"log/slog"
	"time"

	"switchgram/bridge/fetch"
	"switchgram/bridge/route/javascript"
)

// HTTPClient asks on behalf of scripts; *fetch.Client is one.
type HTTPClient interface {
	Do(ctx context.Context, r fetch.Request) (*fetch.Response, error)
}

// Queue takes requests that nobody waits for, and must not lose them: Enqueue returns when the request is on disk. Key is the same if the same step
// is run again after a crash.
type Queue interface {
	Enqueue(ctx context.Context, key string, r fetch.Request) error
}

// Journal keeps the States of calls after which something is to be done. After a crash the controller hands what is left to Engine.End, if the call ran
// then, and to Engine.Afterwards.
type Journal interface {
	// Keep returns when a State is on disk, in the place of what was kept of its call. One that is Done is kept no longer.
	Keep(s *State) error
	// Soon has the State of a call that runs kept in a moment, as it is by then. It does not wait for that.
	Soon(s *State)
	// KeepText keeps the text of a script by its Mark, for as long as a State is kept that names it.
	KeepText(mark string, text []byte) error
	// Text is one that was kept; nil: it is not there.
	Text(mark string) []byte
}

// Messenger sends text messages. Format is text, html or markdown.
type Messenger interface {
	SendMessage(ctx context.Context, to, text, format string) error
}

// Mail is a message to be mailed.
type Mail struct {
	Key     string // the same if the same step is run again after a crash
	From    string // empty: whom mail here is from
	To, CC  []string
	Subject string
	HTML    string
	Attach  string // path of a file to go with it, if it can; empty: none
}

// Mailer sends mail. What nobody waits for it must not lose: MailLater returns when that is on disk.
type Mailer interface {
	SendMail(ctx context.Context, m Mail) error
	MailLater(ctx context.Context, m Mail) error
}

// Agents show things to people at their telephones.
type Agents interface {
	OpenLink(ctx context.Context, user, url, message string) error
	Notify(ctx context.Context, users []string, message string) error
}

// Speech is text to be spoken.
type Speech struct {
	Text     string
	SSML     bool
	Provider string // empty: the default
	Voice    string
	Language string
	Key      string // secret
}

// Speaker makes a file of speech; it may have it from before.
type Speaker interface {
	Speak(ctx context.Context, s Speech) (file string, err error)
}

// Hearing is speech to be understood.
type Hearing struct {
	File     string
	Provider string
	Language string
	Key      string // secret
}

// Recogniser understands speech.
type Recogniser interface {
	// Recognise writes down what is said in a file, which it removes: nobody wants to keep what a caller said to a machine.
	Recognise(ctx context.Context, h Hearing) (text string, err error)
}

// Search is a question about the calls that were: a tree of and, or, not and leaves, as docs/routing.md has it.
type Search struct {
	Filter any // of maps, lists, strings, numbers and booleans
	Sort   string
	Limit  int
}

// Records finds calls that were. The answer is JSON: {"hits": [...]}.
type Records interface {
	Search(ctx context.Context, s Search) ([]byte, error)
}

// ListKeeper adds entries to lists, and says whether one was added.
type ListKeeper interface {
	Add(ctx context.Context, list, number, comment string, until time.Time) error
	Has(list, number string, now time.Time) bool
}

// Directory knows our own users.
type Directory interface {
	// UserData is a variable of a user; empty: there is none of that name. An empty domain is ours. Not ours: somebody else may know the user.
	UserData(domain, user, variable string) (value string, ours bool)
}

// Options are what an Engine works with. What is nil is not there: steps that need it fail, and their scripts go on.
type Options struct {
	Library    func() *Library // the routes in force; not nil. A call keeps those that it began with
	HTTP       HTTPClient
	Requests   Queue
	Journal    Journal
	Messenger  Messenger
	Mailer     Mailer
	Agents     Agents
	Speaker    Speaker
	Recogniser Recogniser
	Records    Records
	Lists      ListKeeper
	Originator Originator
	Chats      Chats
	Directory  Directory                                              // nil: no user is ours
	JavaScript javascript.Evaluator                                   // nil: js is off
	Log        *slog.Logger                                           // nil: nowhere
	Dry        bool                                                   // nothing is waited for: sleep takes no time
	Now        func() time.Time                                       // nil: time.Now
	MayDial    func(domain, number string) error                      // which numbers may be dialled outside; nil: all
	Watch      func(call, name, value string)                         // told of every variable that is set; nil: nobody
	Trace      func(call, step string, took time.Duration, err error) // told of every step, as callflow[3].bridge; nil: nobody
}
