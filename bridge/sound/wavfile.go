package sound

import (
	"errors"
	"fmt"
	"os"
)

// A WAVFile is a WAV file being written: mono, 16 bits a sample. One goroutine uses it.
type WAVFile struct {
	file *os.File
	w    *wavWriter
}

// CreateWAV makes the file, for its owner only, or empties it; rate is in Hz.
func CreateWAV(path string, rate int) (*WAVFile, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	return &WAVFile{file: f, w: newWAVWriter(f, rate)}, nil
}

// Write adds sound. What goes wrong is told by Close.
func (f *WAVFile) Write(pcm []int16) { f.w.write(pcm) }

// Close completes the file.
func (f *WAVFile) Close() error { return errors.Join(f.w.close(), f.file.Close()) }
