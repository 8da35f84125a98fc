package recording

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"time"
)

// daily is how often what is too old is looked for.
const daily = 24 * time.Hour

// wake has Run look for what can be finished.
func (r *Recorder) wake() {
	select {
	case r.kick <- struct{}{}:
	default: // it will look anyway
	}
}

// Run finishes recordings, one at a time: those that were left by earlier processes and then each that ends. It removes what is too old, now and
// every day. After the end of ctx it finishes, for Options.Grace at most, what has ended until then, and leaves the rest to the next start.
func (r *Recorder) Run(ctx context.Context) error {
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	defer context.AfterFunc(ctx, func() {
		late := time.AfterFunc(r.o.Grace, stop)
		context.AfterFunc(work, func() { late.Stop() })
	})()
	day := time.NewTicker(daily)
	defer day.Stop()
	r.expire(time.Now())
	for {
		r.pass(work)
		select {
		case <-r.kick:
		case <-day.C:
			r.expire(time.Now())
		case <-ctx.Done():
			r.pass(work)
			return nil
		}
	}
}

// pass finishes what can be finished, and says so.
func (r *Recorder) pass(ctx context.Context) {
	done, err := r.Finish(ctx)
	if err != nil {
		r.log.Error("recordings are not finished, and stay in the spool", "err", err)
	}
	for _, i := range done {
		r.log.Info("recording ready", slog.String("call", i.Call), slog.String("line", i.Line), slog.String("recording", i.ID),
			slog.Duration("dur", time.Duration(i.Seconds*float64(time.Second)).Round(time.Millisecond)), slog.Int64("size", i.Size), slog.Uint64("lost", i.Lost))
	}
}

// expire removes what is too old: files beside which there is an Info, and nothing else.
func (r *Recorder) expire(now time.Time) {
	if r.o.Retention <= 0 {
		return
	}
	all, err := Finished(r.o.Directory)
	if err != nil {
		r.log.Warn("look for old recordings", "err", err)
	}
	for _, i := range all {
		if now.Sub(i.Began) < r.o.Retention {
			continue
		}
		err := os.Remove(i.Place)
		if errors.Is(err, os.ErrNotExist) {
			err = nil
		}
		if err == nil {
			err = os.Remove(filepath.Join(r.o.Directory, i.ID+infoSuffix))
		}
		if err != nil {
			r.log.Warn("remove an old recording", "recording", i.ID, "err", err)
			continue
		}
		r.log.Info("removed an old recording", "call", i.Call, "recording", i.ID)
	}
}
