// Package firefox gives tests a Firefox without a window, and tabs in it. One browser may serve several tests at once, each with tabs of its
// own; a tab is for one goroutine at a time.
//
// It is driven by WebDriver BiDi (https://www.w3.org/TR/webdriver-bidi).
package firefox

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is a safety net for what comes at once on an idle machine.
const patience = 5 * time.Minute

// Browser is a Firefox whose microphone hums. It may be used by several goroutines.
type Browser struct{ *session }

// preferences let pages have sound without a user, on this machine alone, and keep Firefox from asking anybody for anything.
const preferences = `
user_pref("media.navigator.streams.fake", true);
user_pref("media.navigator.permission.disabled", true);
user_pref("media.peerconnection.ice.loopback", true);
user_pref("media.peerconnection.ice.obfuscate_host_addresses", false);
user_pref("media.autoplay.default", 0);
user_pref("media.gmp-manager.updateEnabled", false);
user_pref("intl.accept_languages", "en-US");
`

// Start runs one until the test ends. If it does not start the test ends there.
func Start(t *testing.T) *Browser {
	t.Helper()
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, "user.js"), []byte(preferences), 0o600); err != nil {
		t.Fatal(err)
	}
	process := exec.Command("firefox-esr", "--headless", "--no-remote", "--profile", home, "--remote-debugging-port", "0", "about:blank")
	process.Env = append(os.Environ(), "HOME="+home)
	process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // a test that takes too long ends without its Cleanup
	said, err := process.StderrPipe()
	if err == nil {
		err = process.Start()
	}
	if err != nil {
		t.Fatalf("start Firefox (the package firefox-esr): %v", err)
	}
	address, silent := listening(said)
	t.Cleanup(func() {
		_ = process.Process.Kill() // it may be gone
		<-silent
		_ = process.Wait() // it was killed
	})
	select {
	case url := <-address:
		return &Browser{session: connect(t, url)}
	case <-silent:
		t.Fatal("Firefox ended at once")
	case <-time.After(patience):
		t.Fatal("Firefox says nothing")
	}
	return nil
}

// listening finds where Firefox is to be spoken to among what it says, and reads on until it is silent.
func listening(said io.Reader) (address <-chan string, silent <-chan struct{}) {
	found, end := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(end)
		for lines := bufio.NewScanner(said); lines.Scan(); {
			if _, url, ok := strings.Cut(lines.Text(), "WebDriver BiDi listening on "); ok {
				found <- url
			}
		}
	}()
	return found, end
}
