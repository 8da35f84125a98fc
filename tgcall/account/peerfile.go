package account

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"sync"
)

// peerFileVersion is raised when older programs could not read the file any more.
const peerFileVersion = 1

// peerFile is the content of the file, as JSON.
type peerFile struct {
	Version  int           `json:"version"`
	Accounts []accountFile `json:"accounts"`
}

type accountFile struct {
	Self   int64  `json:"self"`
	People []Peer `json:"people"`
}

// FilePeers is a PeerStore in a file of mode 0600, small enough to be written anew at each Put: it has as many people as MemoryPeers.
type FilePeers struct {
	*MemoryPeers
	path string
	mu   sync.Mutex // the file
}

var (
	_ PeerStore = (*FilePeers)(nil)
	_ PeerStore = (*MemoryPeers)(nil)
)

// NewFilePeers reads the file at path, or begins an empty one at the first Put. A file that others can read is refused with
// ErrExposed: numbers and names of people stand in it.
func NewFilePeers(path string) (*FilePeers, error) {
	f := &FilePeers{MemoryPeers: NewMemoryPeers(), path: path}
	data, err := readPrivate("peers file", path)
	if errors.Is(err, fs.ErrNotExist) {
		return f, nil
	}
	if err != nil {
		return nil, err
	}
	content, err := parsePeers(data)
	if err != nil {
		return nil, fmt.Errorf("peers file %s: %w; without it people are looked up again", path, err)
	}
	for _, a := range content.Accounts {
		if err := f.MemoryPeers.Put(context.Background(), a.Self, a.People...); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// Put implements PeerStore. When it returns without an error, the people are on disk.
func (f *FilePeers) Put(ctx context.Context, self int64, people ...Peer) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.MemoryPeers.Put(ctx, self, people...); err != nil {
		return err
	}
	return f.write()
}

// Forget implements PeerStore. When it returns without an error, the person is not on disk any more.
func (f *FilePeers) Forget(ctx context.Context, self, id int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, err := f.ByID(ctx, self, id); err != nil { // nothing to do
		return nil
	}
	if err := f.MemoryPeers.Forget(ctx, self, id); err != nil {
		return err
	}
	return f.write()
}

// write replaces the file. The caller holds the lock.
func (f *FilePeers) write() error {
	data, err := json.Marshal(f.content())
	if err != nil {
		return fmt.Errorf("peers file: %w", err)
	}
	if err := writePrivate(f.path, data); err != nil {
		return fmt.Errorf("peers file: %w", err)
	}
	return nil
}

func (m *MemoryPeers) content() peerFile {
	m.mu.Lock()
	defer m.mu.Unlock()
	content := peerFile{Version: peerFileVersion}
	for self, b := range m.books {
		content.Accounts = append(content.Accounts, accountFile{Self: self, People: b.people()})
	}
	return content
}

func parsePeers(data []byte) (peerFile, error) {
	var content peerFile
	d := json.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(&content); err != nil {
		return peerFile{}, fmt.Errorf("damaged near byte %d: %w", d.InputOffset(), err)
	}
	if content.Version != peerFileVersion {
		return peerFile{}, fmt.Errorf("version %d, want %d", content.Version, peerFileVersion)
	}
	for _, a := range content.Accounts {
		for _, p := range a.People {
			if a.Self == 0 || p.ID == 0 || p.AccessHash == 0 {
				return peerFile{}, fmt.Errorf("account %d has a person without id or hash", a.Self)
			}
		}
	}
	return content, nil
}
