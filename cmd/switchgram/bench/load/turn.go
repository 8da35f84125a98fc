package load

import (
	"fmt"
	"os"
	"runtime"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A turn is that of the goroutine that sends. It sleeps with the processor in its hand, so that the process, if it has but one, sleeps with
// it: whoever sends to a socket of ours need not wake anybody, which would cost it more than the sending. What has come in the meantime is read
// when the turn is given, all at once.
type turn struct {
	file  *os.File // an eventfd, by which the scheduler looks at the sockets before our turn comes again
	conn  syscall.RawConn
	given bool
}

func newTurn() (*turn, error) {
	fd, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("eventfd: %w", err)
	}
	t := &turn{file: os.NewFile(uintptr(fd), "turn")}
	if t.conn, err = t.file.SyscallConn(); err != nil {
		return nil, fmt.Errorf("eventfd: %w", err)
	}
	return t, nil
}

// give lets all others run who can, among them the readers of sockets to which something has come.
func (t *turn) give() {
	t.given = false
	_ = t.conn.Read(t.await) // which cannot fail while the file is open
	runtime.Gosched()        // those who were found ready with us go first
}

// await is false once, and asks to be called again when the sockets have been looked at.
func (t *turn) await(fd uintptr) bool {
	if t.given {
		return true
	}
	t.given = true
	one := [8]byte{1: 1} // eventfd(2): a number in the machine's order, any but none and the largest
	_, err := unix.Write(int(fd), one[:])
	return err != nil
}

// sleep returns after that time, or a little later, and gives the turn to nobody.
func (*turn) sleep(d time.Duration) {
	rest := unix.NsecToTimespec(int64(d))
	_, _, _ = unix.RawSyscall(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&rest)), 0, 0) // if a signal interrupts it, it was shorter
}

func (t *turn) close() { _ = t.file.Close() }
