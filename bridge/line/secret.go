package line

import (
	"errors"
	"fmt"
	"io"
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

// Read fetches the secret, without white space around it. An empty one, or a file that others can read, is an error, which names the
// variable or the file.
func (r SecretRef) Read() (Secret, error) {
	switch {
	case r.Env != "" && r.File != "":
		return "", fmt.Errorf("secret in %s and in file %s: want one of them", r.Env, r.File)
	case r.Env != "":
		return readVariable(r.Env)
	case r.File != "":
		return readPrivate(r.File)
	default:
		return "", nil
	}
}

func readVariable(name string) (Secret, error) {
	text, set := os.LookupEnv(name)
	switch text = strings.TrimSpace(text); {
	case !set:
		return "", fmt.Errorf("environment variable %s is not set", name)
	case text == "":
		return "", fmt.Errorf("environment variable %s is empty", name)
	default:
		return Secret(text), nil
	}
}

func readPrivate(name string) (Secret, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", fmt.Errorf("secret: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return "", fmt.Errorf("secret: %w", err)
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("secret: %s is not a regular file", name)
	case info.Mode().Perm()&0o077 != 0:
		return "", fmt.Errorf("secret: file %s: %w", name, ErrReadable)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxSecret))
	if err != nil {
		return "", fmt.Errorf("secret: %w", err)
	}
	if text := strings.TrimSpace(string(text)); text != "" {
		return Secret(text), nil
	}
	return "", fmt.Errorf("secret: file %s is empty", name)
}

// maxSecret bounds what is read of a file that somebody took for one with a secret.
const maxSecret = 64 << 10
