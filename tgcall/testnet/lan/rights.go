package lan

import (
	"errors"
	"fmt"
	"os"
	"os/exec"

	"golang.org/x/sys/unix"
)

// ErrNotPermitted says that this program may not make networks: it is neither root nor may it make user namespaces, or a sandbox hides
// /dev/net/tun.
var ErrNotPermitted = errors.New("making networks is not permitted here")

// entered in the environment marks a program that has been started again.
const entered = "SWITCHGRAM_LAN_ENTERED"

// Enter sees to it that New will be permitted, and returns an error with ErrNotPermitted in it if it will not be. It is for the first line
// of main or TestMain: where only root may make networks it replaces this program by itself, with the same arguments and environment, in a
// user namespace in which it is root (user_namespaces(7)); files it makes there are the user's own.
func Enter() error {
	if err := try(); err == nil || os.Getenv(entered) != "" {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	unshare, err := exec.LookPath("unshare")
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotPermitted, err)
	}
	if err := exec.Command(unshare, "--map-root-user", "--net", "true").Run(); err != nil {
		return fmt.Errorf("%w: no user namespaces: %w", ErrNotPermitted, err)
	}
	args := append([]string{unshare, "--map-root-user", "--", self}, os.Args[1:]...)
	return unix.Exec(unshare, args, append(os.Environ(), entered+"=1"))
}

// try makes a host and drops it.
func try() error {
	h, err := newHost("try", nil)
	if err == nil {
		h.close()
	}
	return err
}
