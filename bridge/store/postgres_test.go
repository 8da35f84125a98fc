package store

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
)

// cluster is the PostgreSQL of all tests: making one takes seconds.
var cluster postgres

// postgres is a server of our own, on a socket in a folder of its own. It refuses to run as root, so nobody runs it there.
type postgres struct {
	mu   sync.Mutex
	root string // folder of data and socket
	cmd  *exec.Cmd
}

const nobody = 65534

// start starts the server, unless it runs, and returns the folder of its socket.
func (p *postgres) start(t testing.TB) string {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd != nil {
		return p.root
	}
	if p.root == "" {
		must(t, p.make(t))
	}
	p.cmd = p.command(t, "postgres", "-D", filepath.Join(p.root, "data"), "-k", p.root, "-h", "", "-c", "fsync=off", "-c", "shared_buffers=16MB")
	must(t, p.cmd.Start())
	eventually(t, "PostgreSQL answers", func() bool {
		return p.command(t, "pg_isready", "-q", "-h", p.root).Run() == nil
	})
	return p.root
}

func (p *postgres) make(t testing.TB) (err error) {
	if p.root, err = os.MkdirTemp("", "postgres"); err != nil {
		return err
	}
	if os.Getuid() == 0 {
		if err := os.Chown(p.root, nobody, nobody); err != nil {
			return err
		}
	}
	out, err := p.command(t, "initdb", "-D", filepath.Join(p.root, "data"), "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8", "--locale=C.UTF-8").CombinedOutput()
	if err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return nil
}

func (p *postgres) command(t testing.TB, name string, args ...string) *exec.Cmd {
	t.Helper()
	all, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err != nil || len(all) == 0 {
		t.Fatalf("%s: not installed; `make need-test` installs what tests need", name)
	}
	cmd := exec.Command(slices.Max(all), args...)
	cmd.Dir = p.root
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGQUIT}
	if os.Getuid() == 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	return cmd
}

// halt stops the server at once; start lets it come back.
func (p *postgres) halt(t testing.TB) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	must(t, p.cmd.Process.Signal(syscall.SIGINT)) // fast shutdown: connections are cut
	must(t, p.cmd.Wait())
	p.cmd = nil
}

// stop ends the server and removes its folder.
func (p *postgres) stop() {
	if p.cmd != nil {
		_ = p.cmd.Process.Signal(syscall.SIGINT)
		_ = p.cmd.Wait()
	}
	if p.root != "" {
		_ = os.RemoveAll(p.root)
	}
}
