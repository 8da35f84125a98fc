package store

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// maxLine is longer than any line of the journal, in bytes: a call with a hundred legs has 200 kB.
const maxLine = 4 << 20

// read returns up to n lines after a position, without their ends, and where it stopped. Without lines there is nothing to read now.
// What a process that was killed has left half written is skipped.
func (j *journal) read(from position, n int) (lines [][]byte, next position, err error) {
	end := j.end()
	for next = from; len(lines) == 0; {
		if next, err = j.existing(next, end); err != nil || next == end {
			return nil, next, err
		}
		limit := int64(-1)
		if next.segment == end.segment {
			limit = end.offset
		}
		if lines, next.offset, err = j.readSegment(next, limit, n); err != nil {
			return nil, from, err
		}
		if len(lines) == 0 {
			if next.segment == end.segment {
				return nil, next, nil
			}
			next = position{segment: next.segment + 1}
		}
	}
	return lines, next, nil
}

// existing moves a position on to a file that is there.
func (j *journal) existing(p, end position) (position, error) {
	if p.segment >= end.segment {
		if p.segment > end.segment || p.offset > end.offset { // the folder was emptied, or another one was put in its place
			return position{}, fmt.Errorf("journal: position %d:%d is after its end, %d:%d", p.segment, p.offset, end.segment, end.offset)
		}
		return p, nil
	}
	all, err := j.segments()
	if err != nil {
		return p, fmt.Errorf("journal: %w", err)
	}
	for _, n := range all {
		if n == p.segment {
			return p, nil
		}
		if n > p.segment {
			return position{segment: n}, nil
		}
	}
	return end, nil
}

// readSegment reads up to n whole lines of one file, up to limit; less than 0: to its end.
func (j *journal) readSegment(at position, limit int64, n int) (lines [][]byte, offset int64, err error) {
	f, err := os.Open(j.path(at.segment))
	if err != nil {
		return nil, at.offset, fmt.Errorf("journal: %w", err)
	}
	defer f.Close()
	if limit < 0 {
		limit = 1 << 62
	}
	r := bufio.NewReaderSize(io.NewSectionReader(f, at.offset, limit-at.offset), 64<<10)
	for offset = at.offset; len(lines) < n; {
		line, err := readLine(r)
		if errors.Is(err, io.EOF) {
			if len(line) > 0 {
				j.log.Warn("half an event stands in the journal, whose writer was killed", "segment", at.segment)
			}
			return lines, offset, nil
		}
		if err != nil {
			return lines, offset, fmt.Errorf("journal: %w", err)
		}
		offset += int64(len(line))
		lines = append(lines, bytes.TrimSuffix(line, []byte("\n")))
	}
	return lines, offset, nil
}

// readLine reads a line with its end. What is longer than maxLine is cut, and its rest is another line: neither can be decoded.
func readLine(r *bufio.Reader) (line []byte, err error) {
	for len(line) < maxLine {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		if err == nil || !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
	return line, nil
}

// forget removes the files before a position, and begins a new one if all has been read and the old one is long or old: what was erased from
// the database does not stay here. It returns the position, which is that of the new file then.
func (j *journal) forget(before position) (position, error) {
	all, err := j.segments()
	if err != nil {
		return before, fmt.Errorf("journal: %w", err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if before == j.at && (j.at.offset >= j.segment || j.at.offset > 0 && time.Since(j.since) > segmentAge) {
		if err := j.roll(); err != nil {
			return before, fmt.Errorf("journal: %w", err)
		}
		before = j.at
	}
	for _, n := range all {
		if n >= before.segment {
			break
		}
		stat, err := os.Stat(j.path(n))
		if err == nil {
			err = os.Remove(j.path(n))
		}
		if errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return before, fmt.Errorf("journal: %w", err)
		}
		j.older -= stat.Size()
	}
	return before, nil
}
