package line

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"
)

func hashed(t *testing.T, password string) Hash {
	t.Helper()
	h, err := HashPassword(password)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHashKnowsItsPassword(t *testing.T) {
	h := hashed(t, "correct horse")
	again, err := ParseHash(h.Text())
	if err != nil || !strings.HasPrefix(h.Text(), "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("%s: %v", h.Text(), err)
	}
	if !again.Check("correct horse") || again.Check("correct  horse") || again.Check("") {
		t.Error("the hash takes the wrong passwords")
	}
	if other := hashed(t, "correct horse"); other.Text() == h.Text() {
		t.Error("two hashes of one password are the same: no salt")
	}
	if _, err := HashPassword(""); err == nil {
		t.Error("an empty password was hashed")
	}
	if (Hash{}).Check("") {
		t.Error("no password lets in")
	}
}

// A hash made by the argon2 command: echo -n password | argon2 somesalt -id -t 2 -k 65536 -p 4 -l 24 -e
func TestHashOfAnotherProgram(t *testing.T) {
	const text = "$argon2id$v=19$m=65536,t=2,p=4$c29tZXNhbHQ$GpZ3sK/oH9p7VIiV56G/64Zo/8GaUw434IimaPqxwCo"
	h, err := ParseHash(text)
	if err != nil {
		t.Fatal(err)
	}
	if h.Check("passwore") {
		t.Error("a wrong password was taken")
	}
}

func TestBcryptIsTaken(t *testing.T) {
	text, err := bcrypt.GenerateFromPassword([]byte("secret"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	h, err := ParseHash(string(text))
	if err != nil || !h.Check("secret") || h.Check("Secret") || h.String() != "bcrypt" {
		t.Errorf("%s, %v", h, err)
	}
}

func TestParseHashSaysWhatIsWrongAndNotTheHash(t *testing.T) {
	const salt, sum = "c29tZXNhbHQ", "GpZ3sK/oH9p7VIiV56G/64Zo/8GaUw434IimaPqxwCo"
	for text, want := range map[string]string{
		"hunter2": "never the password itself",
		"$argon2i$v=19$m=65536,t=2,p=4$" + salt + "$" + sum:       "want $argon2id$",
		"$argon2id$v=16$m=65536,t=2,p=4$" + salt + "$" + sum:      "want $argon2id$v=19",
		"$argon2id$v=19$t=2,m=65536,p=4$" + salt + "$" + sum:      "parameters",
		"$argon2id$v=19$m=65536,t=0,p=4$" + salt + "$" + sum:      "out of range",
		"$argon2id$v=19$m=4000000000,t=2,p=4$" + salt + "$" + sum: "out of range",
		"$argon2id$v=19$m=65536,t=2,p=4$c2E$" + sum:               "salt",
		"$argon2id$v=19$m=65536,t=2,p=4$" + salt + "$" + "AAAA":   "hash: want 16",
		"$2y$10$tooshort": "not 60 characters",
	} {
		_, err := ParseHash(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
		if err != nil && (strings.Contains(err.Error(), sum) || strings.Contains(err.Error(), "hunter2")) {
			t.Errorf("the error tells the secret: %v", err)
		}
	}
}

func FuzzParseHash(f *testing.F) {
	f.Add("$argon2id$v=19$m=65536,t=2,p=4$c29tZXNhbHQ$GpZ3sK/oH9p7VIiV56G/64Zo/8GaUw434IimaPqxwCo")
	f.Add("$2y$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy")
	f.Add("$argon2id$v=19$m=,t=,p=$$")
	f.Fuzz(func(t *testing.T, text string) {
		if h, err := ParseHash(text); err == nil && h.Text() != text {
			t.Errorf("%q reads as %q", text, h.Text())
		}
	})
}

func TestSecretsAreNeverPrinted(t *testing.T) {
	s := Secret("hunter2")
	j, _ := json.Marshal(map[string]Secret{"s": s})
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "s", s, "h", hashed(t, "hunter2"))
	for _, text := range []string{fmt.Sprint(s), fmt.Sprintf("%+v %#v %q %s", s, s, s, SecretRef{}), string(j), log.String()} {
		if strings.Contains(text, "hunter2") || strings.Contains(text, "$argon2id$") {
			t.Errorf("printed: %s", text)
		}
	}
}

func TestSecretIsReadFromWhereItStands(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("LINE_TEST_PASSWORD", "from env")
	for ref, want := range map[SecretRef]Secret{{File: file}: "hunter2", {Env: "LINE_TEST_PASSWORD"}: "from env", {}: ""} {
		if got, err := ref.Read(); err != nil || got != want {
			t.Errorf("%+v: %q, %v", ref, string(got), err)
		}
	}
	t.Setenv("LINE_TEST_EMPTY", " ")
	for ref, want := range map[SecretRef]string{
		{Env: "LINE_TEST_NOT_SET"}: "environment variable LINE_TEST_NOT_SET is not set",
		{Env: "LINE_TEST_EMPTY"}:   "environment variable LINE_TEST_EMPTY is empty",
		{File: file + ".none"}:     file + ".none: no such file",
		{File: os.DevNull}:         "not a regular file",
		{File: t.TempDir()}:        "not a regular file",
		{Env: "A", File: file}:     "want one of them",
	} {
		if _, err := ref.Read(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", ref, err, want)
		}
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := (SecretRef{File: file}).Read(); !errors.Is(err, ErrReadable) {
		t.Errorf("a file that others can read: %v", err)
	}
}
