package account_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gotd/td/telegram"
	"github.com/gotd/td/tg"

	"switchgram/tgcall/account"
	"switchgram/tgcall/testnet"
)

// An account comes up, subscribes to updates and finds somebody. On Telegram's own network DCList and PublicKeys stay empty, and the
// session comes from NewFileSession, after a LoginCode or LoginQR.
func Example() {
	ctx := context.Background()
	net, err := testnet.Start(ctx, testnet.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer net.Close()
	ann := net.AddUser(testnet.UserOptions{Phone: "4930111111", Username: "ann"})
	net.AddUser(testnet.UserOptions{Phone: "4930222222", Username: "bob", FirstName: "Bob"})

	acc, err := account.New(account.Options{
		AppID: net.AppID(), AppHash: net.AppHash(), Session: ann.Session(ctx),
		DCList: net.DCList(), PublicKeys: []telegram.PublicKey{net.PublicKey()},
	})
	if err != nil {
		log.Fatal(err)
	}
	err = acc.Run(ctx, func(ctx context.Context, s *account.Session) error {
		fmt.Println("up as", s.Self().Username)
		s.OnUpdate(func(_ context.Context, _ tg.Entities, u tg.UpdateClass) {
			// Calls and messages arrive here, in order; enqueue them and return.
		})
		bob, err := s.Resolve(ctx, "+49 30 222222")
		if err != nil {
			return err
		}
		fmt.Println("found", bob.FirstName)
		return s.SendMessage(ctx, bob, "call me")
	})
	fmt.Println("ended:", err)
	// Output:
	// up as ann
	// found Bob
	// ended: <nil>
}
