package worker

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

// Cores are the processors that this process may use.
func Cores() ([]int, error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return nil, fmt.Errorf("sched_getaffinity: %w", err)
	}
	var all []int
	for i := range 64 * len(set) {
		if set.IsSet(i) {
			all = append(all, i)
		}
	}
	return all, nil
}

// Confine makes every thread that a process has run on these processors alone, and all that it starts.
func Confine(pid int, cores []int) error {
	threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return err
	}
	for _, t := range threads {
		id, err := strconv.Atoi(t.Name())
		if err != nil {
			return err
		}
		if err := confineThread(id, cores); err != nil {
			return err
		}
	}
	return nil
}

// confineThread confines a thread, and what it starts from then on. 0 is the one that runs.
func confineThread(id int, cores []int) error {
	var set unix.CPUSet
	for _, c := range cores {
		set.Set(c)
	}
	if err := unix.SchedSetaffinity(id, &set); err != nil {
		return fmt.Errorf("sched_setaffinity: %w", err)
	}
	return nil
}

// startOn starts a command on these processors; none: on whichever.
func startOn(cmd *exec.Cmd, cores []int) error {
	if len(cores) == 0 {
		return cmd.Start()
	}
	runtime.LockOSThread() // a process begins with the processors of the thread that made it
	defer runtime.UnlockOSThread()
	before, err := Cores()
	if err != nil {
		return err
	}
	if err := confineThread(0, cores); err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	return confineThread(0, before)
}
