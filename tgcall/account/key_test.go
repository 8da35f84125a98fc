package account_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"switchgram/tgcall/account"
)

func TestKeyIsMadeOnceAndKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sub", "key")
	first, err := account.LoadKey(path)
	if err != nil || len(first) != account.KeySize {
		t.Fatalf("key of %d bytes, %v", len(first), err)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode is %v, want 0600", info.Mode().Perm())
	}
	if again, err := account.LoadKey(path); err != nil || !bytes.Equal(first, again) {
		t.Errorf("the second time another key, %v", err)
	}
}

func TestTwoProcessesAgreeOnTheFirstKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	keys := make([][]byte, 8)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			key, err := account.LoadKey(path)
			if err != nil {
				t.Error(err)
			}
			keys[i] = key
		})
	}
	wg.Wait()
	for _, k := range keys {
		if !bytes.Equal(k, keys[0]) {
			t.Fatal("two keys")
		}
	}
}

func TestKeyFileIsRefused(t *testing.T) {
	good := hex.EncodeToString(testKey)
	for name, tc := range map[string]struct {
		content string
		mode    os.FileMode
		says    string
	}{
		"others can read it": {good, 0o640, "chmod 600"},
		"half a key":         {good[:32], 0o600, "want a key of 64 hexadecimal digits, have 32 characters"},
		"not hexadecimal":    {strings.Repeat("xy", 32), 0o600, "want a key of 64"},
		"empty":              {"", 0o600, "have 0"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "key")
			if err := errors.Join(os.WriteFile(path, []byte(tc.content), 0o600), os.Chmod(path, tc.mode)); err != nil {
				t.Fatal(err)
			}
			_, err := account.LoadKey(path)
			if err == nil || !strings.Contains(err.Error(), tc.says) || !strings.Contains(err.Error(), path) {
				t.Errorf("error is %v, want one that names the file and says %q", err, tc.says)
			}
			if err != nil && tc.content != "" && strings.Contains(err.Error(), tc.content) {
				t.Error("the error shows the key")
			}
		})
	}
}

func TestKeyFromTheEnvironment(t *testing.T) {
	key, err := account.ParseKey(" " + strings.ToUpper(hex.EncodeToString(testKey)) + "\n")
	if err != nil || !bytes.Equal(key, testKey) {
		t.Errorf("key %x, %v", key, err)
	}
}
