package account

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// KeySize is the length of a key that seals sessions, in bytes.
const KeySize = 32

// LoadKey reads the key in the file at path. If there is no such file, it makes one with a new random key and mode 0600. A file that
// others than its owner can read is refused with ErrExposed.
func LoadKey(path string) ([]byte, error) {
	text, err := readPrivate("key file", path)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = newKeyFile(path)
	}
	if err != nil {
		return nil, err
	}
	key, err := ParseKey(string(text))
	if err != nil {
		return nil, fmt.Errorf("key file %s: %w", path, err)
	}
	return key, nil
}

// newKeyFile makes the file. If another process was faster, its key is the key.
func newKeyFile(path string) ([]byte, error) {
	key := make([]byte, KeySize)
	rand.Read(key) // never fails
	text := append(hex.AppendEncode(nil, key), '\n')
	err := createPrivate(path, text)
	if errors.Is(err, fs.ErrExist) {
		return readPrivate("key file", path)
	}
	if err != nil {
		return nil, fmt.Errorf("make key file: %w", err)
	}
	return text, nil
}

// ParseKey reads a key as LoadKey writes it: 64 hexadecimal digits. It is for a key that comes from the environment. Its errors never
// show the text.
func ParseKey(text string) ([]byte, error) {
	key, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) != KeySize {
		return nil, fmt.Errorf("want a key of %d hexadecimal digits, have %d characters", 2*KeySize, len(strings.TrimSpace(text)))
	}
	return key, nil
}
