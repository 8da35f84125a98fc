package speech

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
	"unicode/utf8"

	"switchgram/bridge/route"
)

// Speaker makes files of texts. It implements route.Speaker.
type Speaker struct {
	services services
	folder   string

	mu     sync.Mutex
	making map[string]chan struct{} // by file: closed when it is there, or is not
}

var _ route.Speaker = (*Speaker)(nil)

// NewSpeaker makes a Speaker that keeps its files in a folder, which it makes if need be. A text is spoken by the first service if its script names
// none.
func NewSpeaker(folder string, all []Service, client HTTP) (*Speaker, error) {
	s, err := newServices(all, client)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("speech: %w", err)
	}
	p := &Speaker{services: s, folder: folder, making: map[string]chan struct{}{}}
	return p, p.forget(time.Now().Add(-unused))
}

// unused is how long a file is kept that nobody wants.
const unused = 30 * 24 * time.Hour

// forget removes files that were last wanted before.
func (s *Speaker) forget(before time.Time) error {
	entries, err := os.ReadDir(s.folder)
	if err != nil {
		return fmt.Errorf("speech: %w", err)
	}
	for _, e := range entries {
		if stat, err := e.Info(); err == nil && stat.Mode().IsRegular() && stat.ModTime().Before(before) {
			_ = os.Remove(filepath.Join(s.folder, e.Name())) // or the next time
		}
	}
	return nil
}

// Speak implements route.Speaker. Those who want the same at the same time wait for one of them.
func (s *Speaker) Speak(ctx context.Context, t route.Speech) (file string, err error) {
	one, err := s.services.find(t.Provider)
	if err != nil {
		return "", err
	}
	t.Voice, t.Language = cmp.Or(t.Voice, one.Voice), cmp.Or(t.Language, one.Language)
	switch err := checkWords(t.Voice, t.Language); {
	case err != nil:
		return "", err
	case utf8.RuneCountInString(t.Text) > mostText:
		return "", errLong
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %t", one.Name, t.Voice, t.Language, t.Text, t.SSML))
	name := hex.EncodeToString(sum[:16])
	for {
		if path, there := s.kept(name); there {
			return path, nil
		}
		done, mine := s.begin(name)
		if mine {
			path, err := s.make(ctx, one, t, name)
			s.end(name, done)
			return path, err
		}
		select {
		case <-done:
		case <-ctx.Done():
			return "", context.Cause(ctx)
		}
	}
}

// endings are those of files that can be played.
var endings = []string{".wav", ".ogg", ".mp3"}

// endingOf tells by its first bytes what a file is to end in; empty: it cannot be played.
func endingOf(sound []byte) string {
	switch {
	case bytes.HasPrefix(sound, []byte("RIFF")):
		return ".wav"
	case bytes.HasPrefix(sound, []byte("OggS")):
		return ".ogg"
	case bytes.HasPrefix(sound, []byte("ID3")), len(sound) > 1 && sound[0] == 0xff && sound[1]&0xe0 == 0xe0: // of a frame
		return ".mp3"
	}
	return ""
}

// kept finds a file that was made, and notes that it is still of use.
func (s *Speaker) kept(name string) (path string, there bool) {
	for _, ending := range endings {
		path := filepath.Join(s.folder, name+ending)
		if _, err := os.Stat(path); err == nil {
			now := time.Now()
			_ = os.Chtimes(path, now, now)
			return path, true
		}
	}
	return "", false
}

// begin tells whether the caller is to make the file.
func (s *Speaker) begin(name string) (done chan struct{}, mine bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if done, ok := s.making[name]; ok {
		return done, false
	}
	s.making[name] = make(chan struct{})
	return s.making[name], true
}

func (s *Speaker) end(name string, done chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.making, name)
	close(done)
}

var errSound = errors.New("speech: what came is no WAV, MP3 or Ogg/Opus file")

// make has a text spoken.
func (s *Speaker) make(ctx context.Context, one Service, t route.Speech, name string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	words := map[string]string{"text": t.Text, "voice": t.Voice, "language": t.Language, "key": t.Key}
	var sound []byte
	var err error
	if len(one.Command) > 0 {
		sound, err = command(ctx, one.Command, words, t.Text)
	} else {
		sound, err = s.services.ask(ctx, one, words, []byte(fill(one.Body, words, asJSON)))
	}
	if err != nil {
		return "", err
	}
	ending := endingOf(sound)
	if ending == "" {
		return "", errSound
	}
	return s.keep(name+ending, sound)
}

func (s *Speaker) keep(name string, sound []byte) (string, error) {
	path := filepath.Join(s.folder, name)
	f, err := os.CreateTemp(s.folder, "new-*")
	if err != nil {
		return "", fmt.Errorf("speech: %w", err)
	}
	defer os.Remove(f.Name()) // if it was not renamed
	_, err = bytes.NewReader(sound).WriteTo(f)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return "", fmt.Errorf("speech: %w", err)
	}
	return path, nil
}
