// Package gotdcalls lets gotd's own package for calls, which has nothing of ours but speaks versions 8.0.0 and 9.0.0 of Telegram's engine,
// call our client and be called by it, over the embedded network.
//
// That package ignores loopback addresses, so all of it runs on a host of its own, in a network namespace.
package gotdcalls

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"

	"switchgram/tgcall/testnet/lan"
)

// onHost in the environment says that this program runs on the host.
const onHost = "SWITCHGRAM_TEST_ON_HOST"

// TestMain starts the program again, on the host. That gotd's calls leave goroutines behind is why nobody looks for those.
func TestMain(m *testing.M) {
	if os.Getenv(onHost) != "" {
		os.Exit(m.Run())
	}
	err := lan.Enter()
	if err == nil {
		err = runOnHost()
	}
	switch exit := (*exec.ExitError)(nil); {
	case errors.As(err, &exit):
		os.Exit(exit.ExitCode())
	case errors.Is(err, lan.ErrNotPermitted):
		fmt.Fprintln(os.Stderr, "no call with gotd is made:", err)
	case err != nil:
		fmt.Fprintln(os.Stderr, "gotd's calls need a network of their own:", err)
		os.Exit(1)
	}
}

func runOnHost() error {
	network, err := lan.New(lan.Options{Hosts: []string{"gotd"}})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	running.Go(func() { _ = network.Run(ctx) }) // there is only one host: no packet has to be moved
	self := exec.Command(os.Args[0], os.Args[1:]...)
	self.Env = append(os.Environ(), onHost+"=1")
	self.Stdout, self.Stderr = os.Stdout, os.Stderr
	return network.Host("gotd").Run(self)
}
