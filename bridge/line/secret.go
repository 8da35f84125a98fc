package line

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
)

// Secret is a text that is never printed: fmt, slog and encoders show stars in its place. Convert it to string to use it.
type Secret string

// String is stars, or nothing for no secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "***"
}

// GoString is what String says.
func (s Secret) GoString() string { return s.String() }

// LogValue is what String says.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText writes what String says.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// SecretRef says where a secret stands: in an environment variable or a file. The zero SecretRef is no secret.
type SecretRef struct{ Env, File string }

// ErrReadable: a file with a secret can be read by others than its owner.
var ErrReadable = errors.New("others can read it; chmod 600")

// Read fetches the secret, without white space around it. An empty one, or a file that others can read, is an error.
func (r SecretRef) Read() (Secret, error) {
	var text string
	switch {
	case r.Env != "" && r.File != "":
		return "", fmt.Errorf("secret in %s and in file %s: want one of them", r.Env, r.File)
	case r.Env != "":
		text = os.Getenv(r.Env)
	case r.File != "":
		var err error
		if text, err = readPrivate(r.File); err != nil {
			return "", fmt.Errorf("secret: %w", err)
		}
	default:
		return "", nil
	}
	if text = strings.TrimSpace(text); text == "" {
		return "", fmt.Errorf("secret: %s is empty", r.Env+r.File)
	}
	return Secret(text), nil
}

func readPrivate(name string) (string, error) {
	info, err := os.Stat(name)
	if err != nil {
		return "", err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("file %s: %w", name, ErrReadable)
	}
	text, err := os.ReadFile(name)
	return string(text), err
}
