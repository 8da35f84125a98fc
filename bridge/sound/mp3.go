package sound

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/hajimehoshi/go-mp3"
)

// Limits of MP3 files.
const (
	longestMP3 = 10 * time.Minute // what is behind that is not played
	maxMP3     = 24 << 20         // bytes: as long at 320 kbit/s
)

// ErrMP3 is in every error about a file that is no MP3 file that we can play.
var ErrMP3 = errors.New("want an MP3 file, mono or stereo")

// MP3 is a Source of an MP3 file, which is decoded as it is played. It ends after the last sample, at what cannot be decoded, or after ten minutes; unless
// it is told to Loop.
type MP3 struct {
	file []byte
	dec  *mp3.Decoder
	rate int
	left int // samples that may still be played
	loop bool

	rates converted
	raw   []byte
	pcm   []int16
}

// ReadMP3 reads a file of any rate that there is, mono or stereo, which is mixed. The error is ErrMP3, and says why.
func ReadMP3(r io.Reader) (*MP3, error) {
	file, err := io.ReadAll(io.LimitReader(r, maxMP3+1))
	if err != nil {
		return nil, fmt.Errorf("read MP3: %w", err)
	}
	if len(file) > maxMP3 {
		return nil, fmt.Errorf("%w, of no more than %d bytes", ErrMP3, maxMP3)
	}
	m := &MP3{file: file}
	if err := m.rewind(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMP3, err)
	}
	if m.rate == miscountedRate && miscounted(file) {
		return nil, fmt.Errorf("%w; of 22,050 Hz not at this bit rate: 40, 48, 56 or 64 kbit/s will do", ErrMP3)
	}
	frames := m.rate / 50
	m.raw, m.pcm = make([]byte, 4*frames), make([]int16, frames)
	return m, nil
}

// Loop lets the file begin again when it ends.
func (m *MP3) Loop() { m.loop = true }

// Fill goes on with the file and returns how many samples there were.
func (m *MP3) Fill(pcm []int16, rate int) int { return m.rates.fill(pcm, m.rate, rate, m.more) }

// rewind goes to the beginning. The decoder is not shown that the file can be read again: it would look for all frames first.
func (m *MP3) rewind() (err error) {
	defer survive(&err)
	m.dec, err = mp3.NewDecoder(io.MultiReader(bytes.NewReader(m.file)))
	if err != nil {
		return err
	}
	m.rate = m.dec.SampleRate()
	m.left = int(longestMP3.Seconds()) * m.rate
	return nil
}

// more decodes 20 ms, or what is left to the end.
func (m *MP3) more() []int16 {
	pcm := m.decode()
	if len(pcm) == 0 && m.loop && m.rewind() == nil {
		pcm = m.decode()
	}
	return pcm
}

// decode decodes what comes next. The decoder gives two channels, whatever the file has.
func (m *MP3) decode() []int16 {
	n := min(m.read()/4, m.left)
	m.left -= n
	for i := range n {
		left, right := binary.LittleEndian.Uint16(m.raw[4*i:]), binary.LittleEndian.Uint16(m.raw[4*i+2:])
		m.pcm[i] = int16((int(int16(left)) + int(int16(right))) / 2)
	}
	return m.pcm[:n]
}

// read has the decoder fill m.raw, and tells how much came.
func (m *MP3) read() (n int) {
	if m.left == 0 {
		return 0
	}
	var err error
	defer func() {
		if err != nil {
			m.left = min(m.left, n/4) // that was the last
		}
	}()
	defer survive(&err)
	n, err = io.ReadFull(m.dec, m.raw)
	return n
}

// survive makes an error of a panic, which is how the decoder answers some files that are damaged.
func survive(err *error) {
	if v := recover(); v != nil {
		*err = fmt.Errorf("panic: %v", v)
	}
}

// miscountedRate is the one rate, in Hz, at which the decoder loses a byte of some frames, and makes noise of what follows: of those with a byte of padding,
// at bit rates at which half a frame of MPEG-1 is not a whole number of bytes.
const miscountedRate = 22050

// lowRates are the bit rates of MPEG-2, in kbit/s (ISO/IEC 13818-3 §2.4.2.3).
var lowRates = [16]int{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0}

// miscounted tells whether there is such a frame. What looks like one by chance, in a tag or a frame, is not followed by another.
func miscounted(file []byte) bool {
	for at := 0; at+4 <= len(file); at++ {
		h := binary.BigEndian.Uint32(file[at:])
		bitRate, padding := lowRates[h>>12&15]*1000, int(h>>9&1)
		if h>>17 != 0x7ff9 || h>>10&3 != 0 || bitRate == 0 { // layer III of MPEG-2 at 22,050 Hz
			continue
		}
		size := 72*bitRate/miscountedRate + padding
		followed := bytes.HasPrefix(file[min(at+size, len(file)):], file[at:at+1])
		if followed && size != (144*bitRate/miscountedRate+padding)/2 {
			return true
		}
	}
	return false
}
