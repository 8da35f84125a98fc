package testnet_test

import (
	"context"
	"fmt"
	"log"

	"switchgram/tgcall"
	"switchgram/tgcall/testnet"
)

// A network with two people on it, of whom one calls the other.
func Example() {
	ctx := context.Background()
	n, err := testnet.Start(ctx, testnet.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer n.Close()
	ann := n.AddUser(testnet.UserOptions{Phone: "4930111111", Username: "ann"})
	bob := n.AddUser(testnet.UserOptions{Phone: "4930222222", Username: "bob"})

	if _, err := bob.Phone(ctx, testnet.PhoneOptions{OnCall: testnet.Echo}); err != nil {
		log.Fatal(err)
	}
	phone, err := ann.Phone(ctx, testnet.PhoneOptions{})
	if err != nil {
		log.Fatal(err)
	}
	call, err := phone.Dial(ctx, "@bob")
	if err != nil {
		log.Fatal(err)
	}
	for e := range call.Events() {
		switch e.(type) {
		case tgcall.Connected:
			fmt.Println("connected to", call.Peer().Username, "by version", call.Version())
			if err := call.Discard(ctx, tgcall.Hangup); err != nil {
				log.Fatal(err)
			}
		case tgcall.Ended:
			fmt.Println("ended")
		}
	}
	// Output:
	// connected to bob by version 13.0.0
	// ended
}
