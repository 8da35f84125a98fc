package siptest_test

import (
	"context"
	"fmt"
	"time"

	"switchgram/bridge/sip/siptest"
)

// A telephone calls the echo, and hangs up when the switch has closed.
func Example() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	s, err := siptest.Start(ctx, siptest.Options{
		Users:      map[string]string{"1000": "secret"},
		Extensions: append(siptest.Defaults(), siptest.Busy("9486")),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	p, err := s.Phone(ctx, siptest.PhoneOptions{User: "1000", Password: "secret"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer p.Close()

	end, err := p.Call(ctx, "9486")
	fmt.Println(end.Status, end.Cause, err)
	// Output: 486 17 <nil>
}
