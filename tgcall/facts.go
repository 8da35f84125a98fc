package tgcall

import (
	"sync"
	"time"
)

// facts are what others may ask of a call while it runs.
type facts struct {
	mu            sync.Mutex
	agreedVersion string
	pictures      [4]string
	local, remote string // kinds of ICE candidates
	moments       Times
}

func (f *facts) setKey(version string, pictures [4]string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.agreedVersion, f.pictures = version, pictures
}

func (f *facts) setPair(local, remote string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.local, f.remote = local, remote
}

func (f *facts) reached(p phase) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.moments.reached(p, time.Now())
}

func (f *facts) times() Times {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.moments
}

func (f *facts) version() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.agreedVersion
}

func (f *facts) emoji() [4]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.pictures
}

func (f *facts) pair() (local, remote string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.local, f.remote
}
