package account_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gotd/td/session"

	"switchgram/tgcall/account"
)

var testKey = bytes.Repeat([]byte{7}, account.KeySize)

func fileSession(t testing.TB, path string, key []byte) *account.FileSession {
	t.Helper()
	f, err := account.NewFileSession(path, key)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func storedSession(t testing.TB, content string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "sub", "line.session")
	if err := fileSession(t, path, testKey).StoreSession(t.Context(), []byte(content)); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSessionSurvivesARestart(t *testing.T) {
	path := storedSession(t, "secret")

	got, err := fileSession(t, path, testKey).LoadSession(t.Context())

	if err != nil || string(got) != "secret" {
		t.Fatalf("loaded %q, %v", got, err)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode is %v, want 0600", info.Mode().Perm())
	}
	if raw, _ := os.ReadFile(path); bytes.Contains(raw, []byte("secret")) {
		t.Error("the session stands in the file in clear")
	}
}

func TestNoSessionYet(t *testing.T) {
	f := fileSession(t, filepath.Join(t.TempDir(), "none"), testKey)
	if _, err := f.LoadSession(t.Context()); !errors.Is(err, session.ErrNotFound) {
		t.Fatalf("error is %v, want gotd's not found", err)
	}
}

func TestStoringAgainLeavesNothingElseBehind(t *testing.T) {
	path := storedSession(t, "first")
	f := fileSession(t, path, testKey)
	if err := f.StoreSession(t.Context(), []byte("second")); err != nil {
		t.Fatal(err)
	}
	if got, err := f.LoadSession(t.Context()); err != nil || string(got) != "second" {
		t.Errorf("loaded %q, %v", got, err)
	}
	if all, _ := os.ReadDir(filepath.Dir(path)); len(all) != 1 {
		t.Errorf("left behind: %v", all)
	}
}

func TestSessionFileIsRefused(t *testing.T) {
	sealed := func(t *testing.T, path string) []byte {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	write := func(t *testing.T, path string, raw []byte) {
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, tc := range map[string]struct {
		spoil func(t *testing.T, path string)
		key   []byte
		want  error
		says  string
	}{
		"others can read it": {
			spoil: func(t *testing.T, path string) { _ = os.Chmod(path, 0o644) },
			want:  account.ErrExposed, says: "(mode 0644): run: chmod 600 '",
		},
		"the group can write it": {
			spoil: func(t *testing.T, path string) { _ = os.Chmod(path, 0o620) },
			want:  account.ErrExposed, says: "(mode 0620)",
		},
		"another key": {key: bytes.Repeat([]byte{8}, account.KeySize), want: account.ErrWrongKey, says: "another key"},
		"truncated": {
			spoil: func(t *testing.T, path string) { raw := sealed(t, path); write(t, path, raw[:len(raw)-1]) },
			want:  account.ErrDamaged, says: "log in again",
		},
		"empty": {
			spoil: func(t *testing.T, path string) { write(t, path, nil) },
			want:  account.ErrDamaged,
		},
		"one bit changed": {
			spoil: func(t *testing.T, path string) { raw := sealed(t, path); raw[len(raw)-20] ^= 1; write(t, path, raw) },
			want:  account.ErrDamaged,
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := storedSession(t, "a session of some length")
			if tc.spoil != nil {
				tc.spoil(t, path)
			}
			if tc.key == nil {
				tc.key = testKey
			}

			_, err := fileSession(t, path, tc.key).LoadSession(t.Context())

			if !errors.Is(err, tc.want) || !strings.Contains(err.Error(), tc.says) || !strings.Contains(err.Error(), path) {
				t.Errorf("error is %v; want %v that names the file and says %q", err, tc.want, tc.says)
			}
		})
	}
}

func TestSessionFileWantsAWholeKey(t *testing.T) {
	if _, err := account.NewFileSession("x", []byte("short")); err == nil || !strings.Contains(err.Error(), "5 bytes, want 32") {
		t.Errorf("error is %v", err)
	}
}

func FuzzSessionFile(f *testing.F) {
	dir := f.TempDir()
	path := filepath.Join(dir, "s")
	s := fileSession(f, path, testKey)
	if err := s.StoreSession(f.Context(), []byte("secret")); err != nil {
		f.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:30])
	f.Add([]byte("switchgram session 1\n"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, raw []byte) {
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := s.LoadSession(t.Context())
		switch {
		case err == nil && string(got) != "secret":
			t.Errorf("a file we did not seal was opened: %q", got)
		case err != nil && !errors.Is(err, account.ErrDamaged) && !errors.Is(err, account.ErrWrongKey):
			t.Errorf("error %v is neither damaged nor wrong key", err)
		}
	})
}
