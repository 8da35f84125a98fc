package sound

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Limits of the files we read.
const (
	maxWAV       = 64 << 20 // bytes of sound: eleven minutes at 48 kHz
	minRate      = 4000
	maxRate      = 192000
	maxWAVFormat = 64 // bytes of its chunk that are looked at
	wavHeaderLen = 44
)

// ErrWAV is in every error about a WAV file that we cannot play.
var ErrWAV = errors.New("want a WAV file, mono or stereo, of PCM with 8, 16 or 24 bits, 32-bit float, A-law or µ-law")

// WAV is a Source of a WAV file. It ends after the last sample, unless it is told to Loop.
type WAV struct {
	format wavFormat
	rate   int
	pcm    []int16
	at     int // what is played next
	loop   bool
	rates  converted
}

// ReadWAV reads a file of any rate between 4 and 192 kHz, mono or stereo, which is mixed: PCM of 8, 16 or 24 bits, float of 32, or G.711. The error is
// ErrWAV, and says what the file is instead.
func ReadWAV(r io.Reader) (*WAV, error) {
	var riff [12]byte
	if _, err := io.ReadFull(r, riff[:]); err != nil || string(riff[:4]) != "RIFF" || string(riff[8:]) != "WAVE" {
		return nil, fmt.Errorf("%w: no RIFF WAVE header", ErrWAV)
	}
	w := &WAV{}
	for {
		var chunk [8]byte
		if _, err := io.ReadFull(r, chunk[:]); err != nil {
			return nil, fmt.Errorf("%w: no sound in it", ErrWAV)
		}
		size := int64(binary.LittleEndian.Uint32(chunk[4:]))
		switch string(chunk[:4]) {
		case "fmt ":
			if err := w.readFormat(r, size); err != nil {
				return nil, err
			}
		case "data":
			return w, w.readSound(r, size)
		default:
			if _, err := io.CopyN(io.Discard, r, size+size%2); err != nil {
				return nil, fmt.Errorf("%w: cut short", ErrWAV)
			}
		}
	}
}

func (w *WAV) readFormat(r io.Reader, size int64) error {
	if size < 16 {
		return fmt.Errorf("%w: format of %d bytes", ErrWAV, size)
	}
	b := make([]byte, min(size, maxWAVFormat))
	if _, err := io.ReadFull(r, b); err != nil {
		return fmt.Errorf("%w: cut short", ErrWAV)
	}
	if _, err := io.CopyN(io.Discard, r, size-int64(len(b))+size%2); err != nil {
		return fmt.Errorf("%w: cut short", ErrWAV)
	}
	f, err := parseWAVFormat(b)
	w.format, w.rate = f, f.rate
	return err
}

// readSound takes a file that is shorter than it says, as one is that is still being written.
func (w *WAV) readSound(r io.Reader, size int64) error {
	if w.rate == 0 {
		return fmt.Errorf("%w: sound before its format", ErrWAV)
	}
	b, err := io.ReadAll(io.LimitReader(r, min(size, maxWAV)))
	if err != nil {
		return fmt.Errorf("read WAV: %w", err)
	}
	if w.pcm = w.format.mono(b); len(w.pcm) == 0 {
		return fmt.Errorf("%w: no sound in it", ErrWAV)
	}
	return nil
}

// Samples are all of the file, at its own rate. They must not be changed.
func (w *WAV) Samples() []int16 { return w.pcm }

// Loop lets the file begin again when it ends.
func (w *WAV) Loop() { w.loop = true }

// Fill goes on with the file and returns how many samples there were.
func (w *WAV) Fill(pcm []int16, rate int) int { return w.rates.fill(pcm, w.rate, rate, w.more) }

// more reads 20 ms, or what is left to the end.
func (w *WAV) more() []int16 {
	if w.loop {
		w.at %= len(w.pcm)
	}
	next := w.pcm[w.at:min(w.at+w.rate/50, len(w.pcm))]
	w.at += len(next)
	return next
}

// A wavWriter writes a WAV file, mono, 16 bits a sample.
type wavWriter struct {
	to    io.WriteSeeker
	buf   *bufio.Writer
	rate  int
	bytes uint32
	err   error // the first; nothing is written after it
}

func newWAVWriter(to io.WriteSeeker, rate int) *wavWriter {
	w := &wavWriter{to: to, buf: bufio.NewWriter(to), rate: rate}
	_, w.err = w.buf.Write(w.header())
	return w
}

func (w *wavWriter) header() []byte {
	b := append(make([]byte, 0, wavHeaderLen), "RIFF"...)
	b = binary.LittleEndian.AppendUint32(b, wavHeaderLen-8+w.bytes)
	b = append(b, "WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00"...) // PCM, one channel
	b = binary.LittleEndian.AppendUint32(b, uint32(w.rate))
	b = binary.LittleEndian.AppendUint32(b, uint32(2*w.rate))
	b = append(b, "\x02\x00\x10\x00data"...)
	return binary.LittleEndian.AppendUint32(b, w.bytes)
}

func (w *wavWriter) write(pcm []int16) {
	for _, s := range pcm {
		if w.err != nil {
			return
		}
		_, w.err = w.buf.Write([]byte{byte(s), byte(s >> 8)})
		w.bytes += 2
	}
}

// close writes the lengths into the header.
func (w *wavWriter) close() error {
	if w.err == nil {
		w.err = w.buf.Flush()
	}
	if w.err == nil {
		_, w.err = w.to.Seek(0, io.SeekStart)
	}
	if w.err == nil {
		_, w.err = w.to.Write(w.header())
	}
	if w.err != nil {
		return fmt.Errorf("record: %w", w.err)
	}
	return nil
}
