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

// RecordOptions say how a call is recorded. The zero value tells nobody.
type RecordOptions struct {
	// Announce makes what both sides are played when the recording begins, such as a beep or words; it is not recorded itself. nil: nothing.
	Announce func() room.Source
	Under    bool // the talk goes on, on top of it
}

const (
	// recordTap is how many packets wait for the disk at most: five seconds of two who talk. What comes then is lost, and counted.
	recordTap = 500

	// recordEvery is how often they are written, which is what is lost at most if the program is killed.
	recordEvery = time.Second
)

// Recording is a call being recorded. Its methods may be called from several goroutines at once, and after its end, when they do nothing.
type Recording struct {
	tap      *room.Tap
	began    time.Time
	announce RecordOptions
	started  chan struct{} // closed when take or err is there
	ended    chan struct{} // closed when info is
	take     *recording.Take
	err      error
	info     recording.Info
}

// ID is the name of the recording, as recording.Info has it.
func (r *Recording) ID() string { return r.take.ID() }

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
		o.startRecording(opt)
	}
}

// startRecording returns the recording that runs, or starts one.
func (o *owner) startRecording(opt RecordOptions) *Recording {
	if n := len(o.recordings); n > 0 && o.recordings[n-1].running() {
		return o.recordings[n-1]
	}
	r := &Recording{
		tap: o.room.Tap(room.TapOptions{Packets: recordTap}), began: time.Now(), announce: opt,
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

// keep records until the tap is closed.
func (o *owner) keep(r *Recording) {
	name := string(o.call.id)
	r.take, r.err = o.bridge.opt.Recorder.Begin(recording.Call{Name: name, Line: o.call.line, Announced: r.announce.Announce != nil, Began: r.began})
	close(r.started)
	if r.err != nil {
		o.log.Error("the call is not recorded", "err", r.err)
		r.info = recording.Info{Call: name, Line: o.call.line, Began: r.began, Problem: r.err.Error(), Incomplete: true}
		return
	}
	defer func() { r.info = r.take.End() }()
	if r.announce.Announce != nil {
		o.room.Play(r.announce.Announce(), room.PlayOptions{Under: r.announce.Under})
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

// recorded is what is known of the recordings of a call that is over.
func (o *owner) recorded() (all []recording.Info) {
	for _, r := range o.recordings {
		all = append(all, r.info)
	}
	return all
}

// NewRecordingReady is the event of a finished recording: the one kind that comes after CallEnded, perhaps in a later run of the program. It knows no
// addresses.
func NewRecordingReady(i recording.Info) Event {
	return Event{Version: EventVersion, Kind: RecordingReady, At: time.Now(), Call: CallID(i.Call), Line: i.Line, Recording: &i}
}
