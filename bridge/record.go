package bridge

import (
	"context"
	"errors"
	"time"

	"switchgram/bridge/recording"
	"switchgram/bridge/room"
)

// ErrNoRecorder is what Record refuses with where the Bridge has no Recorder.
var ErrNoRecorder = errors.New("bridge: nothing to record with")

// RecordOptions say how a call is recorded. The zero value tells nobody, and keeps whatever there is.
type RecordOptions struct {
	// Announce makes what both sides are played when the recording begins, such as a beep or words; it is not recorded itself. nil: nothing.
	Announce func() room.Source
	Under    bool // the talk goes on, on top of it

	Title  string        // what the file is to be called, such as an order's number: any text; empty: by date and call
	Least  time.Duration // a shorter recording is not kept, nor told of
	Mono   bool          // both sides on one channel; otherwise the caller is on the left, and everybody else on the right
	Follow bool          // it goes on when the call is transferred, and begins anew in a call that a leg goes to; otherwise a transfer ends it
}

const (
	// recordTap is how many packets wait for the disk at most: five seconds of two who talk. What comes then is lost, and counted.
	recordTap = 500

	// recordEvery is how often they are written, which is what is lost at most if the program is killed.
	recordEvery = time.Second
)

// Recording is a call being recorded. Its methods may be called from several goroutines at once, and after its end, when they do nothing.
type Recording struct {
	tap     *room.Tap
	began   time.Time
	options RecordOptions
	line    bool          // it is one of Options.Record, for which transfers do not matter
	started chan struct{} // closed when take or err is there
	ended   chan struct{} // closed when info is
	take    *recording.Take
	err     error
	info    recording.Info
}

// ID is the name of the recording, as recording.Info has it.
func (r *Recording) ID() string { return r.take.ID() }

// Place is the path of the recording when it is finished; empty: it is not kept, as it was too short.
func (r *Recording) Place() string {
	if !r.running() && r.take.Short() {
		return ""
	}
	return r.take.Place()
}

// Note keeps a text with the recording, of 8 KiB at most, which the Recorder's Ready is told, be that in a later run of the program. The last one counts.
func (r *Recording) Note(text string) error { return r.take.Note(text) }

// Pause keeps what is said from now on off the disk, until Resume: a gap as long is heard in the recording. For card numbers.
func (r *Recording) Pause() {
	r.tap.Pause(true)
	r.take.Pause()
}

// Resume ends a pause.
func (r *Recording) Resume() {
	r.take.Resume()
	r.tap.Pause(false)
}

// Stop ends the recording while the call goes on, and tells what is known of it.
func (r *Recording) Stop() recording.Info {
	r.tap.Close()
	<-r.ended
	return r.info
}

// running tells whether the recording goes on.
func (r *Recording) running() bool {
	select {
	case <-r.ended:
		return false
	default:
		return true
	}
}

// Record records the call from now on until it ends or the recording is stopped, and returns when it has begun. A call that is being recorded
// already, such as by Options.Record, is not recorded twice: what is returned is that recording. Where the disk fails the call
// goes on, and Outcome says what is missing.
func (c *Call) Record(ctx context.Context, o RecordOptions) (*Recording, error) {
	given := make(chan *Recording, 1)
	if _, err := c.ask(ctx, recordAsked{options: o, given: given}); err != nil {
		return nil, err
	}
	r := <-given
	select {
	case <-r.started:
	case <-c.over:
		return nil, &EndedError{Cause: c.cause}
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if r.err != nil {
		return nil, r.err
	}
	return r, nil
}

// recordFor answers a Record.
func (o *owner) recordFor(in recordAsked, verb *pending) {
	if o.bridge.opt.Recorder == nil {
		o.reply(verb, answered{err: ErrNoRecorder})
		return
	}
	in.given <- o.startRecording(in.options)
	o.reply(verb, answered{})
}

// recordLine records the calls of a line of which that is wanted.
func (o *owner) recordLine() {
	if opt, wanted := o.bridge.opt.Record[o.call.line]; wanted && o.bridge.opt.Recorder != nil && len(o.recordings) == 0 {
		o.startRecording(opt).line = true
	}
}

// startRecording returns the recording that runs, or starts one.
func (o *owner) startRecording(opt RecordOptions) *Recording {
	if r := o.running(); r != nil {
		return r
	}
	r := &Recording{
		tap: o.room.Tap(room.TapOptions{Packets: recordTap}), began: time.Now(), options: opt,
		started: make(chan struct{}), ended: make(chan struct{}),
	}
	o.recordings = append(o.recordings, r)
	o.spawn("record", nil, func() input {
		defer close(r.ended)
		defer r.tap.Close()
		o.keep(r)
		return nil
	})
	return r
}

// running is the recording that is being made; nil: none is.
func (o *owner) running() *Recording {
	if n := len(o.recordings); n > 0 && o.recordings[n-1].running() {
		return o.recordings[n-1]
	}
	return nil
}

// recordTransfer ends a recording that is of those alone of whom one has passed the other on.
func (o *owner) recordTransfer() {
	if r := o.running(); r != nil && !r.line && !r.options.Follow {
		r.tap.Close()
	}
}

// follows is how a leg is recorded in a call that it goes to; nil: as that is anyway.
func (o *owner) follows() *RecordOptions {
	if r := o.running(); r != nil && !r.line && r.options.Follow {
		return &r.options
	}
	return nil
}

// keep records until the tap is closed.
func (o *owner) keep(r *Recording) {
	name := string(o.call.id)
	r.take, r.err = o.bridge.opt.Recorder.Begin(recording.Call{
		Name: name, Line: o.call.line, Announced: r.options.Announce != nil, Began: r.began,
		Title: r.options.Title, Least: r.options.Least, Mono: r.options.Mono,
	})
	close(r.started)
	if r.err != nil {
		o.log.Error("the call is not recorded", "err", r.err)
		r.info = recording.Info{Call: name, Line: o.call.line, Began: r.began, Problem: r.err.Error(), Incomplete: true}
		return
	}
	defer func() { r.info = r.take.End() }()
	if r.options.Announce != nil {
		o.room.Play(r.options.Announce(), room.PlayOptions{Under: r.options.Under})
	}
	flush := time.NewTicker(recordEvery)
	defer flush.Stop()
	for {
		select {
		case k, more := <-r.tap.Packets():
			if !more {
				return
			}
			r.take.Packet(o.sideOf(k.Seat), k)
		case <-flush.C:
			r.take.Flush()
		}
	}
}

// sideOf puts the caller on the left, and everybody else on the right.
func (o *owner) sideOf(s *room.Seat) recording.Side {
	if s == o.caller.Load() {
		return recording.Left
	}
	return recording.Right
}

// recorded is what is known of the recordings of a call that is over, but for those that are not kept.
func (o *owner) recorded() (all []recording.Info) {
	for _, r := range o.recordings {
		if r.err != nil || !r.take.Short() {
			all = append(all, r.info)
		}
	}
	return all
}

// NewRecordingReady is the event of a finished recording: the one kind that comes after CallEnded, perhaps in a later run of the program. It knows no
// addresses.
func NewRecordingReady(i recording.Info) Event {
	return Event{Version: EventVersion, Kind: RecordingReady, At: time.Now(), Call: CallID(i.Call), Line: i.Line, Recording: &i}
}
