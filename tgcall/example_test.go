package tgcall_test

import (
	"context"
	"fmt"

	"github.com/gotd/td/telegram"

	"switchgram/tgcall"
	"switchgram/tgcall/account"
	"switchgram/tgcall/testnet"
)

// Ann calls Bob, who gives back what he hears, and hangs up.
func Example() {
	ctx := context.Background()
	network, err := testnet.Start(ctx, testnet.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer network.Close()
	ann := network.AddUser(testnet.UserOptions{Phone: "4930111111", Username: "ann"})
	bob := network.AddUser(testnet.UserOptions{Phone: "4930222222", Username: "bob"})
	if _, err := bob.Phone(ctx, testnet.PhoneOptions{OnCall: testnet.Echo}); err != nil {
		fmt.Println(err)
		return
	}

	a, err := account.New(account.Options{
		AppID: network.AppID(), AppHash: network.AppHash(), Session: ann.Session(ctx),
		DCList: network.DCList(), PublicKeys: []telegram.PublicKey{network.PublicKey()},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := a.Run(ctx, callBob); err != nil {
		fmt.Println(err)
	}
	// Output:
	// tgcall.Ringing
	// tgcall.Accepted
	// tgcall.Connected, version 13.0.0
	// call ended by us (hangup)
}

func callBob(ctx context.Context, s *account.Session) error {
	ctx, stop := context.WithCancel(ctx)
	calls := tgcall.New(s.API(), tgcall.Options{Self: s.Self().ID, Engine: tgcall.EngineOptions{Loopback: true}})
	s.OnUpdate(calls.Handle)
	done := make(chan error, 1)
	go func() { done <- calls.Run(ctx) }()
	defer func() { stop(); <-done }()

	person, err := s.Resolve(ctx, "@bob")
	if err != nil {
		return err
	}
	call, err := calls.Dial(ctx, person.Input())
	if err != nil {
		return err
	}
	for e := range call.Events() {
		switch e := e.(type) {
		case tgcall.Ringing, tgcall.Accepted:
			fmt.Printf("%T\n", e)
		case tgcall.Connected:
			fmt.Printf("%T, version %s\n", e, call.Version())
			go func() { _ = call.Discard(ctx, tgcall.Hangup) }()
		case tgcall.Ended:
			fmt.Println(e.Err)
		}
	}
	return nil
}
