package lan_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"go.uber.org/goleak"

	"switchgram/tgcall/testnet/lan"
)

// crash in the environment makes this binary a program that is killed while a command runs on its host.
const crash = "SWITCHGRAM_TEST_CRASH"

func TestMain(m *testing.M) {
	if err := lan.Enter(); err != nil {
		fmt.Fprintln(os.Stderr, "no test of networks is run:", err)
		return
	}
	if os.Getenv(crash) != "" {
		fmt.Println(waitOnAHost())
		return
	}
	goleak.VerifyTestMain(m)
}

// waitOnAHost runs a command that prints its process id and waits.
func waitOnAHost() error {
	l, err := lan.New(lan.Options{Hosts: []string{"ann"}})
	if err != nil {
		return err
	}
	go func() { _ = l.Run(context.Background()) }()
	cmd := exec.Command("sh", "-c", "echo $$; exec sleep 600")
	cmd.Stdout = os.Stdout
	return l.Host("ann").Run(cmd)
}
