package recording

import (
	"bufio"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"filippo.io/age"
)

// unborn is how long a spool may be without a head before it is taken for one of a process that died while it made it.
const unborn = time.Minute

// Finish finishes every recording that is not being made any more, one after another, and tells what came of them. What cannot be finished now
// stays where it is, and is in the error. When ctx ends the rest is left.
func (r *Recorder) Finish(ctx context.Context) (done []Info, err error) {
	ids, err := Unfinished(r.o.Directory)
	if err != nil {
		return nil, err
	}
	var wrong []error
	for _, id := range ids {
		if ctx.Err() != nil {
			break
		}
		i, err := r.finish(ctx, id)
		switch {
		case err == nil:
			r.counters.ready(i)
			done = append(done, i)
		case errors.Is(err, errLive), errors.Is(err, errShort), errors.Is(err, io.EOF), errors.Is(err, fs.ErrNotExist), ctx.Err() != nil:
		default:
			r.counters.failed.Add(1)
			wrong = append(wrong, fmt.Errorf("finish recording %s: %w", id, err))
		}
	}
	return done, errors.Join(wrong...)
}

// errShort is said of a recording that is too short to be kept, and gone.
var errShort = errors.New("recording: shorter than it is to be")

// shorter tells whether a recording is too short to be kept.
func (i Info) shorter(least time.Duration) bool { return i.Seconds < least.Seconds() }

// result is what comes of a spool.
type result struct {
	Info
	note string // of Take.Note
}

// finish makes the file of one spool and removes that. errLive: it is still written to, or another process finishes it; io.EOF: nothing is in it;
// errShort.
func (r *Recorder) finish(ctx context.Context, id string) (Info, error) {
	f, err := takeSpool(r.spool(id))
	if err != nil {
		return Info{}, err
	}
	defer f.Close()
	in, h, err := newReader(f)
	if errors.Is(err, io.EOF) {
		return Info{}, errors.Join(err, r.bury(f))
	}
	if err != nil {
		return Info{}, err
	}
	i, made := r.made(id, in)
	if !made {
		i = result{Info: Info{
			ID: id, Call: h.Call, Line: h.Line, Began: h.Began, Announced: h.Announced, Mono: h.Mono, Place: r.finished(id), Sealed: r.o.Recipient != nil,
		}}
		err = r.make(ctx, in, &i, h.Least)
	}
	if err != nil {
		return Info{}, err
	}
	if r.o.Ready != nil {
		r.o.Ready(i.Info, i.note) // before the spool goes: a crash does not keep it from being told
	}
	return i.Info, os.Remove(r.spool(id))
}

// make makes the file of a spool, and what stands beside it.
func (r *Recorder) make(ctx context.Context, in *reader, i *result, least time.Duration) error {
	err := r.put(filepath.Base(i.Place), func(to io.Writer) error { return r.write(ctx, in, i, least, to) })
	if errors.Is(err, errShort) {
		err = cmp.Or(os.Remove(r.spool(i.ID)), errShort)
	}
	if err != nil {
		return err
	}
	return r.put(i.ID+infoSuffix, func(to io.Writer) error { return json.NewEncoder(to).Encode(i.Info) })
}

// made is a recording that was finished before a crash, which has left its spool. Made anew it would be another file, that nobody was told of.
func (r *Recorder) made(id string, in *reader) (i result, ok bool) {
	var err error
	if i.Info, err = readInfo(r.o.Directory, id); err != nil {
		return i, false
	}
	if stat, err := os.Stat(i.Place); err != nil || stat.Size() != i.Size {
		return i, false
	}
	for rec, err := in.next(); err == nil; rec, err = in.next() {
		if rec.kind == noteKind {
			i.note = string(rec.data)
		}
	}
	return i, true
}

// bury removes a spool without a head, unless its process may be about to write that.
func (r *Recorder) bury(f *os.File) error {
	stat, err := f.Stat()
	if err != nil || time.Since(stat.ModTime()) < unborn {
		return err
	}
	return os.Remove(f.Name())
}

// write writes the finished recording, sealed if it is to be, unless it turns out to be too short.
func (r *Recorder) write(ctx context.Context, in *reader, i *result, least time.Duration, to io.Writer) error {
	sum := &summed{to: to, sum: sha256.New()}
	buffered := bufio.NewWriterSize(sum, 64<<10)
	seal := io.WriteCloser(nopCloser{buffered})
	if r.o.Recipient != nil {
		var err error
		if seal, err = age.Encrypt(buffered, r.o.Recipient); err != nil {
			return fmt.Errorf("seal: %w", err)
		}
	}
	if err := merge(ctx, in, i, seal); err != nil {
		return err
	}
	if i.shorter(least) {
		return errShort
	}
	if err := errors.Join(seal.Close(), buffered.Flush()); err != nil {
		return err
	}
	i.Size, i.SHA256 = sum.size, hex.EncodeToString(sum.sum.Sum(nil))
	return nil
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// summed counts and sums what is written.
type summed struct {
	to   io.Writer
	sum  hash.Hash
	size int64
}

func (s *summed) Write(b []byte) (int, error) {
	n, err := s.to.Write(b)
	s.sum.Write(b[:n])
	s.size += int64(n)
	return n, err
}

// put makes a file of the directory, which is there whole and for good, or not at all.
func (r *Recorder) put(name string, write func(io.Writer) error) error {
	part := filepath.Join(r.spools(), name+partSuffix)
	f, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(part, filepath.Join(r.o.Directory, name))
	}
	if err != nil {
		_ = os.Remove(part) // the next attempt writes it anew anyway
		return err
	}
	return syncDirectory(r.o.Directory)
}

// syncDirectory makes the names in a directory last.
func syncDirectory(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
