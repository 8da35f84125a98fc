package account_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"
	"testing"

	"github.com/gotd/td/crypto"
	"github.com/gotd/td/session"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/dcs"
	"github.com/gotd/td/tg"

	"switchgram/tgcall/account"
	"switchgram/tgcall/testnet"
)

// apart is set where this program is to be a network with so many accounts, for another process to use.
const apart = "ACCOUNT_TEST_APART"

// networkApart is what such a network tells.
type networkApart struct {
	AppID     int
	AppHash   string
	DC        tg.DCOption
	PublicKey string // in PEM
	Sessions  [][]byte
}

// serveApart runs a network until it is told to end.
func serveApart(accounts string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	n, err := testnet.Start(ctx, testnet.Options{})
	if err != nil {
		return err
	}
	defer n.Close()
	var count int
	if _, err := fmt.Sscan(accounts, &count); err != nil {
		return err
	}
	told := networkApart{AppID: n.AppID(), AppHash: n.AppHash(), DC: n.DCList().Options[0], PublicKey: n.PublicKeyPEM()}
	for i := range count {
		u := n.AddUser(testnet.UserOptions{Phone: fmt.Sprintf("4930%07d", i)})
		stored, err := u.Session(ctx).LoadSession(ctx)
		if err != nil {
			return err
		}
		told.Sessions = append(told.Sessions, stored)
	}
	if err := json.NewEncoder(os.Stdout).Encode(told); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// startApart starts another process with a network.
func startApart(b *testing.B, accounts int) (told networkApart) {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", apart, accounts))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGINT)
		_ = cmd.Wait()
	})
	if err := json.NewDecoder(bufio.NewReader(out)).Decode(&told); err != nil {
		b.Fatal(err)
	}
	return told
}

// BenchmarkIdleAccount is what an account costs that is connected and has nothing to do, the network being another process.
func BenchmarkIdleAccount(b *testing.B) {
	const accounts = 300
	told := startApart(b, accounts)
	keys, err := crypto.ParseRSAPublicKeys([]byte(told.PublicKey))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		before, goroutines := resident(b), runtime.NumGoroutine()
		ctx, cancel := context.WithCancel(b.Context())
		var up, all sync.WaitGroup
		for _, stored := range told.Sessions {
			kept := &session.StorageMemory{}
			if err := kept.StoreSession(ctx, stored); err != nil {
				b.Fatal(err)
			}
			a, err := account.New(account.Options{AppID: told.AppID, AppHash: told.AppHash, Session: kept, DCList: dcs.List{Options: []tg.DCOption{told.DC}}, PublicKeys: []telegram.PublicKey{{RSA: keys[0]}}})
			if err != nil {
				b.Fatal(err)
			}
			up.Add(1)
			all.Go(func() {
				err := a.Run(ctx, func(ctx context.Context, s *account.Session) error {
					up.Done()
					<-ctx.Done()
					return nil
				})
				if err != nil {
					b.Error(err)
				}
			})
		}
		up.Wait()
		b.ReportMetric(float64(resident(b)-before)/1024/accounts, "KiB/account")
		b.ReportMetric(float64(runtime.NumGoroutine()-goroutines)/accounts, "goroutines/account")
		cancel()
		all.Wait()
	}
}

// resident is how much memory this process has, without garbage.
func resident(b *testing.B) int {
	b.Helper()
	debug.FreeOSMemory()
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Fatal(err)
	}
	var size, pages int
	if _, err := fmt.Sscan(string(statm), &size, &pages); err != nil {
		b.Fatal(err)
	}
	return pages * os.Getpagesize()
}
