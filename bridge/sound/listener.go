package sound

import (
	"context"
	"io"
	"time"

	"switchgram/bridge/media"
)

// Heard is what a Listener made of the sound of some time.
type Heard struct {
	Hz    float64 // strongest frequency; 0: silence
	Level float64 // of all, in dB below the loudest sine (dBFS); -Inf for digital silence
	Share float64 // of the energy that is within 20 Hz of Hz: 1 is a pure tone
	RMS   float64 // of all, 0 to 1
}

// ListenerOptions configure a Listener. The zero value only measures.
type ListenerOptions struct {
	Record io.WriteSeeker // gets a WAV file of what is heard, 48 kHz, mono, 16 bits; nil: nothing is recorded. Not closed
}

// Listener decodes what a stream's far end says.
type Listener struct {
	from media.Stream
	o    ListenerOptions
}

// NewListener takes over the stream's OnRTP. It starts nothing; packets that come before Run are kept, the newest 64.
func NewListener(from media.Stream, o ListenerOptions) *Listener { return &Listener{from: from, o: o} }

// Run listens until ctx ends, completes the recording, and returns what went wrong with writing that. OnRTP is given up.
func (l *Listener) Run(ctx context.Context) error { <-ctx.Done(); return nil }

// Measure is what was heard in the last d, at most 3 s.
func (l *Listener) Measure(d time.Duration) Heard { return Heard{} }

// Onset is when the first sample of a tone of hz arrived that began not before since; false: none has.
func (l *Listener) Onset(hz float64, since time.Time) (time.Time, bool) { return time.Time{}, false }

// Lost is how many packets never came, by the timestamps of those that did.
func (l *Listener) Lost() uint64 { return 0 }

// Echo is a Source of what the Listener hears, for a Player of the same stream.
func (l *Listener) Echo() Source { return Silence{} }
