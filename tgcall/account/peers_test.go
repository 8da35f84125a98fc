package account_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"switchgram/tgcall/account"
)

const self = 1

func peer(id int64, name, phone string) account.Peer {
	return account.Peer{
		Person: account.Person{ID: id, AccessHash: id * 1000, Username: name, Phone: phone, FirstName: "Ann"},
		Seen:   time.Unix(1_700_000_000+id, 0).UTC(),
	}
}

func filePeers(t testing.TB, path string) *account.FilePeers {
	t.Helper()
	f, err := account.NewFilePeers(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func put(t testing.TB, s account.PeerStore, people ...account.Peer) {
	t.Helper()
	if err := s.Put(t.Context(), self, people...); err != nil {
		t.Fatal(err)
	}
}

func TestPeersSurviveARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "peers.json")
	want := peer(77, "Ann", "4930123456")
	put(t, filePeers(t, path), want)

	s := filePeers(t, path)

	for name, find := range map[string]func() (account.Peer, error){
		"id":       func() (account.Peer, error) { return s.ByID(t.Context(), self, 77) },
		"username": func() (account.Peer, error) { return s.ByUsername(t.Context(), self, "aNN") },
		"phone":    func() (account.Peer, error) { return s.ByPhone(t.Context(), self, "4930123456") },
	} {
		if got, err := find(); err != nil || !cmp.Equal(got, want) {
			t.Errorf("by %s: %v\n%s", name, err, cmp.Diff(want, got))
		}
	}
	if _, err := s.ByID(t.Context(), 2, 77); !errors.Is(err, account.ErrUnknownPerson) {
		t.Errorf("another account was given our access hash: %v", err)
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("mode is %v, want 0600", info.Mode().Perm())
	}
}

func TestANameChangesHands(t *testing.T) {
	s := account.NewMemoryPeers()
	put(t, s, peer(1, "ann", "491111111"))
	put(t, s, peer(2, "ann", "491111111"))
	put(t, s, peer(1, "bea", ""))
	if p, err := s.ByUsername(t.Context(), self, "ann"); err != nil || p.ID != 2 {
		t.Errorf("ann is %v, %v", p.ID, err)
	}
	if p, err := s.ByPhone(t.Context(), self, "491111111"); err != nil || p.ID != 2 {
		t.Errorf("the number is %v's, %v", p.ID, err)
	}
	put(t, s, peer(2, "", ""))
	if p, err := s.ByUsername(t.Context(), self, "ann"); !errors.Is(err, account.ErrUnknownPerson) {
		t.Errorf("ann is still %v", p.ID)
	}
}

func TestPeersNotSeenForLongestAreForgotten(t *testing.T) {
	s := account.NewMemoryPeers()
	for id := int64(1); id <= 10_001; id++ {
		put(t, s, peer(id, fmt.Sprint("u", id), ""))
	}
	if _, err := s.ByID(t.Context(), self, 1); !errors.Is(err, account.ErrUnknownPerson) {
		t.Errorf("the first is still there: %v", err)
	}
	if _, err := s.ByID(t.Context(), self, 10_001); err != nil {
		t.Errorf("the last is not: %v", err)
	}
}

func TestPeersFileIsRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		content string
		mode    os.FileMode
		says    string
	}{
		"others can read it":  {`{"version":1}`, 0o644, "chmod 600"},
		"truncated":           {`{"version":1,"accounts":[{"self`, 0o600, "damaged near byte"},
		"of a later program":  {`{"version":2}`, 0o600, "version 2, want 1"},
		"without access hash": {`{"version":1,"accounts":[{"self":1,"people":[{"id":5}]}]}`, 0o600, "without id or hash"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "peers.json")
			if err := errors.Join(os.WriteFile(path, []byte(tc.content), 0o600), os.Chmod(path, tc.mode)); err != nil {
				t.Fatal(err)
			}
			_, err := account.NewFilePeers(path)
			if err == nil || !strings.Contains(err.Error(), tc.says) || !strings.Contains(err.Error(), path) {
				t.Errorf("error is %v, want one that names the file and says %q", err, tc.says)
			}
		})
	}
}

func FuzzPeersFile(f *testing.F) {
	path := filepath.Join(f.TempDir(), "peers.json")
	put(f, filePeers(f, path), peer(77, "ann", "4930123456"), peer(78, "", ""))
	good, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add([]byte(`{"version":1,"accounts":null}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := account.NewFilePeers(path)
		if err != nil {
			return
		}
		put(t, s, peer(79, "bea", "")) // what was read can be written, and read again
		if _, err := filePeers(t, path).ByUsername(t.Context(), self, "bea"); err != nil {
			t.Fatal(err)
		}
	})
}
