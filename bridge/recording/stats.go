package recording

import "sync/atomic"

// Stats counts what a Recorder has done since it was made.
type Stats struct {
	Running    int    // takes that are being made
	Begun      uint64 // takes
	Failed     uint64 // calls that could not be recorded, and finishing that did not succeed, each time it was tried
	Finished   uint64 // recordings
	Incomplete uint64 // of these: their end is missing, or packets are
	Lost       uint64 // packets that came and could not be written, of finished recordings
	Bytes      uint64 // of finished recordings
}

// counters are those of a Recorder.
type counters struct {
	running                                            atomic.Int64
	begun, failed, finished, incomplete, lost, written atomic.Uint64
}

// Stats are the counts so far.
func (r *Recorder) Stats() Stats {
	c := &r.counters
	return Stats{
		Running: int(c.running.Load()), Begun: c.begun.Load(), Failed: c.failed.Load(),
		Finished: c.finished.Load(), Incomplete: c.incomplete.Load(), Lost: c.lost.Load(), Bytes: c.written.Load(),
	}
}

// ready counts a finished recording.
func (c *counters) ready(i Info) {
	c.finished.Add(1)
	c.lost.Add(i.Lost)
	c.written.Add(uint64(i.Size))
	if i.Incomplete || i.Lost > 0 {
		c.incomplete.Add(1)
	}
}
