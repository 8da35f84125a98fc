package rival

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"switchgram/cmd/switchgram/bench/worker"
)

// owner is the process that has a socket at an address of this machine, or at all its addresses.
func owner(network string, at netip.AddrPort) (pid int, err error) {
	table, err := os.ReadFile("/proc/net/" + network)
	if err != nil {
		return 0, err
	}
	inode, ok := inodeOf(string(table), at)
	if !ok {
		return 0, fmt.Errorf("%s %s: nobody on this machine listens there", network, at)
	}
	open, err := filepath.Glob("/proc/[0-9]*/fd/*")
	if err != nil {
		return 0, err
	}
	for _, fd := range open {
		if to, err := os.Readlink(fd); err == nil && to == "socket:["+inode+"]" { // others come and go
			return strconv.Atoi(strings.Split(fd, "/")[2])
		}
	}
	return 0, fmt.Errorf("%s %s: whose it is cannot be seen", network, at)
}

// inodeOf finds the socket in a table of /proc/net that is bound to an address of IPv4, but connected to none.
func inodeOf(table string, at netip.AddrPort) (string, bool) {
	const local, remote, inode = 1, 2, 9
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		if len(f) <= inode || !strings.HasSuffix(f[remote], ":0000") {
			continue
		}
		host, port, _ := strings.Cut(f[local], ":")
		if port == fmt.Sprintf("%04X", at.Port()) && (host == "00000000" || host == procAddr(at.Addr())) {
			return f[inode], true
		}
	}
	return "", false
}

// procAddr writes an address as /proc/net does: the bytes as a number of this machine.
func procAddr(a netip.Addr) string {
	if !a.Unmap().Is4() {
		return ""
	}
	b := a.Unmap().As4()
	return fmt.Sprintf("%08X", binary.NativeEndian.Uint32(b[:]))
}

// userHz is the unit of times in /proc, in ticks a second: what Linux shows to programs, whatever its own clock (proc_pid_stat(5)).
const userHz = 100

// usage is what a process has used.
func usage(pid int) (s worker.Sample, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return s, err
	}
	if s.CPU, err = spent(string(text)); err != nil {
		return s, err
	}
	id := strconv.Itoa(pid)
	s.Waited = worker.Waited(id)
	s.RSS, err = worker.Resident(id)
	return s, err
}

var errStat = errors.New("stat: malformed")

// spent is the time of user and system in a line of /proc/PID/stat. The name, in parentheses, may have anything in it.
func spent(stat string) (time.Duration, error) {
	const user, system = 11, 12 // after the name
	f := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(f) <= system {
		return 0, errStat
	}
	u, err1 := strconv.ParseUint(f[user], 10, 48)
	s, err2 := strconv.ParseUint(f[system], 10, 48)
	if err1 != nil || err2 != nil {
		return 0, errStat
	}
	return time.Duration(u+s) * time.Second / userHz, nil
}
