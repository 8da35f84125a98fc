package recording

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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

// Call says what is recorded, and how.
type Call struct {
	Name      string // of the call: becomes part of the file's, so see ErrName
	Line      string
	Announced bool          // both sides are told of it
	Began     time.Time     // zero: now
	Title     string        // what the file is to be called; may be any text, and taken; empty: by date and call
	Least     time.Duration // what is shorter is not kept, nor told of
	Mono      bool          // both sides on one channel
}

// Take is a recording that is being made.
type Take struct {
	r     *Recorder
	began time.Time
	least time.Duration

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
	if !callName.MatchString(c.Name) {
		return nil, ErrName
	}
	t := &Take{
		r: r, began: c.Began, least: c.Least, sources: map[*room.Seat]*source{},
		info: Info{Call: c.Name, Line: c.Line, Began: c.Began.UTC(), Announced: c.Announced, Mono: c.Mono, Sealed: r.o.Recipient != nil},
	}
	if err := t.begin(c); err != nil {
		r.counters.failed.Add(1)
		return nil, fmt.Errorf("record: %w", err)
	}
	r.counters.begun.Add(1)
	r.counters.running.Add(1)
	return t, nil
}

// ID is the name of the recording.
func (t *Take) ID() string { return t.info.ID }

// Place is where the finished recording will be.
func (t *Take) Place() string { return t.info.Place }

// begin makes the spool.
func (t *Take) begin(c Call) error {
	text, err := json.Marshal(head{Call: c.Name, Line: c.Line, Began: t.info.Began, Announced: c.Announced, Mono: c.Mono, Least: c.Least})
	if err != nil {
		return err
	}
	if len(text) > maxBody-bodyHeader {
		return ErrName
	}
	if t.info.ID, t.file, err = t.r.claim(c.names()); err != nil {
		return err
	}
	t.info.Place = t.r.finished(t.info.ID)
	begin := appendRecord([]byte(magic), headKind, 0, text)
	if _, err := t.file.Write(begin); err != nil {
		_ = t.file.Close() // an empty spool is removed in time
		return err
	}
	t.size = int64(len(begin))
	return nil
}

// claim makes a spool of the first of these names that no recording has. Whoever has the spool has the name: a finished recording keeps it
// until its files are there.
func (r *Recorder) claim(names []string) (id string, file spoolFile, err error) {
	for _, id = range names {
		file, err = r.open(r.spool(id))
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil || !r.taken(id) {
			return id, file, err
		}
		if err = errors.Join(os.Remove(r.spool(id)), file.Close()); err != nil {
			return "", nil, err
		}
	}
	return "", nil, fs.ErrExist
}

// taken tells whether a finished recording has the name.
func (r *Recorder) taken(id string) bool {
	for _, suffix := range []string{plainSuffix, sealedSuffix, infoSuffix} {
		if _, err := os.Lstat(filepath.Join(r.o.Directory, id+suffix)); err == nil {
			return true
		}
	}
	return false
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

// Note keeps a text of up to 8 KiB with the recording, until that is finished, be it by a later process: Options.Ready has it then. The last one
// counts.
func (t *Take) Note(text string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended || len(text) > maxNote {
		return errNote
	}
	t.buf = appendRecord(t.buf, noteKind, time.Since(t.began), []byte(text))
	t.flush()
	return nil
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

// Short tells, after the end, that the recording is shorter than Call.Least, and is not kept.
func (t *Take) Short() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ended && t.info.shorter(t.least)
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
