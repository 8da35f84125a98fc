package recording

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"switchgram/bridge/media"
	"switchgram/bridge/room"
	"switchgram/bridge/room/codec"
)

const (
	flushAt    = 64 << 10 // bytes that wait for a Flush at most
	maxSources = 1000     // in a call; more are not recorded
)

// Call says what is recorded.
type Call struct {
	Name      string // of the call: becomes part of the file's, so see ErrName
	Line      string
	Announced bool      // both sides are told of it
	Began     time.Time // zero: now
}

// Take is a recording that is being made.
type Take struct {
	r     *Recorder
	began time.Time
	path  string

	mu      sync.Mutex
	file    spoolFile
	size    int64  // of what is written for good
	buf     []byte // what is not
	packets uint64 // in buf
	sources map[*room.Seat]*source
	known   uint16 // sources ever met
	paused  time.Time
	broken  bool // nothing can be written any more
	ended   bool
	info    Info
}

// A source is somebody who is recorded.
type source struct {
	id    uint16
	side  Side
	codec media.Codec
	part  int  // of the tap
	told  bool // the spool has it
}

// Begin starts a recording. The error is ErrName, or what the disk says.
func (r *Recorder) Begin(c Call) (*Take, error) {
	if c.Began.IsZero() {
		c.Began = time.Now()
	}
	id, err := newID(c.Name, c.Began)
	if err != nil {
		return nil, err
	}
	t := &Take{
		r: r, began: c.Began, path: r.spool(id), sources: map[*room.Seat]*source{},
		info: Info{ID: id, Call: c.Name, Line: c.Line, Began: c.Began.UTC(), Announced: c.Announced, Place: r.finished(id), Sealed: r.o.Recipient != nil},
	}
	if err := t.begin(head{Call: c.Name, Line: c.Line, Began: c.Began.UTC(), Announced: c.Announced}); err != nil {
		r.counters.failed.Add(1)
		return nil, fmt.Errorf("record: %w", err)
	}
	r.counters.begun.Add(1)
	r.counters.running.Add(1)
	return t, nil
}

// ID is the name of the recording.
func (t *Take) ID() string { return t.info.ID }

// begin makes the spool.
func (t *Take) begin(h head) error {
	text, err := json.Marshal(h)
	if err != nil {
		return err
	}
	if len(text) > maxBody-bodyHeader {
		return ErrName
	}
	if t.file, err = t.r.open(t.path); err != nil {
		return err
	}
	begin := appendRecord([]byte(magic), headKind, 0, text)
	if _, err := t.file.Write(begin); err != nil {
		_ = t.file.Close() // an empty spool is removed in time
		return err
	}
	t.size = int64(len(begin))
	return nil
}

// Packet takes a packet as a tap gives it. What its seat says is heard on the given side from the seat's first packet on. It is on disk after the
// next Flush at the latest.
func (t *Take) Packet(on Side, k room.TapPacket) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.info.Lost += k.Missed
	s := t.source(on, k)
	if s == nil || t.ended || len(k.Packet.Payload) == 0 {
		return
	}
	if len(k.Packet.Payload) > codec.MaxPacket {
		t.info.Lost++
		return
	}
	at := k.At.Sub(t.began)
	if !s.told {
		t.buf = appendSource(t.buf, at, s.id, s.side, s.codec)
		s.told = true
	}
	t.buf = appendPacket(t.buf, at, s.id, k.Packet)
	t.packets++
	if len(t.buf) >= flushAt {
		t.flush()
	}
}

// source is who said a packet; nil: it must not be kept. The first after a pause must not: Opus repeats in it what was said before it, in the
// pause (RFC 6716 §2.1.7).
func (t *Take) source(on Side, k room.TapPacket) *source {
	s := t.sources[k.Seat]
	if s == nil && len(t.sources) < maxSources {
		s = &source{id: t.known, side: on}
		t.known++
		t.sources[k.Seat] = s
	}
	if s == nil || k.Format.Codec == media.NoCodec {
		return nil
	}
	if s.part != k.Part {
		s.part = k.Part
		return nil
	}
	if s.codec != k.Format.Codec {
		s.codec, s.told = k.Format.Codec, false
	}
	return s
}

// Flush writes what has come. It is to be called every second.
func (t *Take) Flush() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.flush()
}

// flush writes the buffer, or loses it. What a full disk takes of it is taken back, so that writing can go on when there is room again.
func (t *Take) flush() {
	if len(t.buf) == 0 || t.ended {
		return
	}
	if most := t.r.o.MaxSize; most > 0 && t.size+int64(len(t.buf)) > most {
		t.lose(fmt.Errorf("the recording has reached its greatest size, %d bytes", most))
		return
	}
	if t.broken {
		t.lose(nil)
		return
	}
	if _, err := t.file.Write(t.buf); err != nil {
		t.lose(err)
		t.broken = t.file.Truncate(t.size) != nil
		return
	}
	t.size += int64(len(t.buf))
	t.buf, t.packets = t.buf[:0], 0
}

// lose gives up what is in the buffer. It is said once.
func (t *Take) lose(why error) {
	if t.info.Problem == "" && why != nil {
		t.info.Problem = why.Error()
		t.r.log.Error("recording loses sound", "call", t.info.Call, "line", t.info.Line, "err", why)
	}
	t.info.Lost += t.packets
	t.buf, t.packets = t.buf[:0], 0
	for _, s := range t.sources {
		s.told = false
	}
}

// Pause notes that nothing is given from now on until Resume, for the record: to give nothing is the caller's part, as room.Tap's Pause does.
func (t *Take) Pause() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended || !t.paused.IsZero() {
		return
	}
	t.paused = time.Now()
	t.buf = appendRecord(t.buf, pauseKind, t.paused.Sub(t.began))
}

// Resume ends a pause.
func (t *Take) Resume() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.resume(time.Now())
}

func (t *Take) resume(now time.Time) {
	if t.ended || t.paused.IsZero() {
		return
	}
	t.info.Paused += now.Sub(t.paused).Seconds()
	t.paused = time.Time{}
	t.buf = appendRecord(t.buf, resumeKind, now.Sub(t.began))
}

// End ends the recording and leaves the rest to Run. It tells what is known by now: size and sum come with Options.Ready. Safe to repeat.
func (t *Take) End() Info {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended {
		return t.info
	}
	now := time.Now()
	t.resume(now)
	t.flush()
	t.info.Seconds = now.Sub(t.began).Seconds()
	t.info.Incomplete = !t.writeTail(now)
	t.ended = true
	t.r.counters.running.Add(-1)
	if err := t.file.Close(); err != nil {
		t.r.log.Warn("close the spool", "call", t.info.Call, "err", err)
	}
	t.r.wake()
	return t.info
}

// writeTail does, even where the greatest size is reached.
func (t *Take) writeTail(now time.Time) bool {
	text, err := json.Marshal(tail{Lost: t.info.Lost, Problem: t.info.Problem})
	if err != nil || t.broken {
		return false
	}
	_, err = t.file.Write(appendRecord(nil, tailKind, now.Sub(t.began), text))
	return err == nil
}
