// Package recording keeps what is said in calls: the packets themselves while a call runs, one stereo Ogg/Opus file afterwards.
//
// Begin starts a Take, to which packets are given as they come. They go undecoded into a spool, a file that is good up to its last second whatever
// becomes of the process. When the take has ended, Run finishes its spool: decodes it, puts the caller on the left and everybody else on
// the right where they were heard in time, encodes both (RFC 6716, RFC 7845), seals the result for an age recipient if there is one, and
// only then removes the spool. The folder of spools is the queue: what one process leaves there the next one finishes.
//
// All methods of Recorder and Take may be called from several goroutines at once.
package recording

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"filippo.io/age"
)

// Side is where somebody is heard in a recording.
type Side uint8

// The sides.
const (
	Left  Side = iota // the caller
	Right             // everybody else, mixed
)

// Options say where and how recordings are kept.
type Options struct {
	Directory string        // made if need be, readable by its owner only
	Recipient age.Recipient // whom finished recordings are sealed for; nil: they stay plain
	Retention time.Duration // finished recordings older than this are removed; 0: none is
	MaxSize   int64         // of a spool, in bytes: what comes later is lost; 0: no limit
	Grace     time.Duration // how long finishing may go on after the end of Run's context; 0: 10 s

	// Ready is told of each finished recording, and what Take.Note has kept with it, by who finishes it; perhaps the same again after a crash. nil: nobody is.
	Ready func(i Info, note string)

	Log *slog.Logger // nil: nothing is logged
}

// Errors of Begin.
var (
	ErrName = errors.New("recording: a call's name must be 1 to 64 letters, digits, \".\", \"_\" or \"-\"")

	errDirectory = errors.New("recording: no directory")
	errNote      = errors.New("recording: too long a note, or too late")
)

// Recorder keeps the recordings of a directory. Several processes may share it.
type Recorder struct {
	o    Options
	log  *slog.Logger
	kick chan struct{} // holds one: there is something to finish
	open func(path string) (spoolFile, error)

	counters counters
}

// New makes the directory and a Recorder for it. It starts nothing.
func New(o Options) (*Recorder, error) {
	if o.Directory == "" {
		return nil, errDirectory
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Grace == 0 {
		o.Grace = 10 * time.Second
	}
	r := &Recorder{o: o, log: o.Log, kick: make(chan struct{}, 1), open: openSpool}
	if err := os.MkdirAll(r.spools(), 0o700); err != nil {
		return nil, fmt.Errorf("recording: %w", err)
	}
	return r, nil
}

// spools is the folder of what is not finished.
func (r *Recorder) spools() string { return filepath.Join(r.o.Directory, "spool") }

func (r *Recorder) spool(id string) string { return filepath.Join(r.spools(), id+spoolSuffix) }

// finished is where a recording will be.
func (r *Recorder) finished(id string) string {
	if r.o.Recipient != nil {
		return filepath.Join(r.o.Directory, id+sealedSuffix)
	}
	return filepath.Join(r.o.Directory, id+plainSuffix)
}
