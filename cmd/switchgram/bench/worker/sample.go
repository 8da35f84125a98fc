package worker

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Sample is what the process has used up to a moment.
type Sample struct {
	CPU     time.Duration // user and system time since its start (getrusage)
	RSS     int64         // bytes of memory that are resident now
	Dropped uint64        // packets that the system dropped because a socket of the process was full
	Waited  time.Duration // that its threads could have run, but others had the processor
}

// settle gives back to the system what the Go runtime would give back within minutes.
func settle() { debug.FreeOSMemory() }

func takeSample() (s Sample, err error) {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return s, fmt.Errorf("getrusage: %w", err)
	}
	s.CPU = time.Duration(r.Utime.Nano() + r.Stime.Nano())
	if s.RSS, err = Resident("self"); err != nil {
		return s, err
	}
	s.Waited = Waited("self")
	s.Dropped, err = dropped()
	return s, err
}

// Resident is the resident memory of a process, in bytes. pid is its number, or "self".
func Resident(pid string) (int64, error) {
	text, err := os.ReadFile(filepath.Join("/proc", pid, "statm"))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text)) // proc_pid_statm(5): size, resident
	if len(fields) < 2 {
		return 0, fmt.Errorf("statm: %q", text)
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize()), err
}

// Waited is how long the threads of a process have waited for a processor so far; 0 where the system does not count that. pid is its number, or
// "self".
func Waited(pid string) (d time.Duration) {
	threads, err := filepath.Glob(filepath.Join("/proc", pid, "task/*/schedstat"))
	if err != nil {
		return 0
	}
	for _, t := range threads {
		text, err := os.ReadFile(t)
		fields := strings.Fields(string(text)) // nanoseconds that it ran, and that it waited; how often (kernel.org: sched-stats)
		if err != nil || len(fields) < 2 {
			continue // the thread has ended
		}
		n, _ := strconv.ParseInt(fields[1], 10, 64) // the system's own
		d += time.Duration(n)
	}
	return d
}

// dropped counts what all UDP sockets of the process dropped.
func dropped() (n uint64, err error) {
	ours, err := sockets()
	if err != nil {
		return 0, err
	}
	for _, family := range []string{"udp", "udp6"} {
		text, err := os.ReadFile("/proc/self/net/" + family)
		if err != nil {
			continue // no IPv6
		}
		n += drops(string(text), ours)
	}
	return n, nil
}

// sockets are the inodes of our sockets.
func sockets() (map[string]bool, error) {
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return nil, err
	}
	all := map[string]bool{}
	for _, f := range open {
		to, err := os.Readlink("/proc/self/fd/" + f.Name())
		inode, isSocket := strings.CutPrefix(to, "socket:[")
		if err == nil && isSocket { // the directory's own descriptor is closed by now
			all[strings.TrimSuffix(inode, "]")] = true
		}
	}
	return all, nil
}

// drops adds up the last column of /proc/net/udp over the sockets with these inodes.
func drops(table string, inodes map[string]bool) (n uint64) {
	const inode, last = 9, 12
	for line := range strings.Lines(table) {
		fields := strings.Fields(line)
		if len(fields) <= last || !inodes[fields[inode]] {
			continue
		}
		d, err := strconv.ParseUint(fields[last], 10, 64)
		if err == nil {
			n += d
		}
	}
	return n
}
