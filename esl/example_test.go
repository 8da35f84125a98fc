package esl_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"switchgram/esl"
	"switchgram/esl/esltest"
)

// A call whose UUID is known before it exists, seen from its first event to its last.
func Example() {
	freeswitch, err := esltest.Start(esltest.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer freeswitch.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	conn, err := esl.Dial(ctx, freeswitch.Addr(), esl.Options{Password: "ClueCon"})
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.Subscribe(ctx, "CHANNEL_CREATE", "CHANNEL_ANSWER", "CHANNEL_HANGUP_COMPLETE"); err != nil {
		log.Fatal(err)
	}
	watch := conn.Watch("my-call")
	defer watch.Close()

	call := esl.Originate{To: "user/1000", UUID: "my-call", CallerName: "Ann ${system(reboot)}"}
	if _, err := conn.Originate(ctx, call); err != nil {
		log.Fatal(err)
	}
	if err := conn.Kill(ctx, "my-call", "USER_BUSY"); err != nil {
		log.Fatal(err)
	}
	for event := range watch.Events() {
		fmt.Println(event.Name())
		if event.Name() == "CHANNEL_HANGUP_COMPLETE" {
			fmt.Println(event.Cause(), "was the end of", event.Variable("origination_caller_id_name"))
			break
		}
	}
	// Output:
	// CHANNEL_CREATE
	// CHANNEL_ANSWER
	// CHANNEL_HANGUP_COMPLETE
	// USER_BUSY was the end of Ann (system(reboot))
}

// A channel that FreeSWITCH hands over with "socket 127.0.0.1:8084 async full".
func ExampleServer() {
	server, err := esl.NewServer(esl.ServerOptions{
		Address: "127.0.0.1:0",
		Handle: func(ctx context.Context, s *esl.Session) {
			if _, err := s.Execute(ctx, "answer", ""); err != nil {
				return // the caller has hung up
			}
			done, err := s.Execute(ctx, "play_and_get_digits", "1 8 3 10000 # silence_stream://250 silence_stream://250 digits \\d+")
			if err != nil {
				return
			}
			fmt.Println("the caller wants", done.Variable("digits"))
			_ = s.Hangup(ctx, esl.NormalClearing)
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- server.Run(ctx) }()

	freeswitch, err := esltest.Start(esltest.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer freeswitch.Close()
	freeswitch.HandleApp("play_and_get_digits", func(_ context.Context, c *esltest.Channel, _ string) string {
		c.SetVariable("digits", "42")
		return ""
	})
	caller := freeswitch.NewChannel(esltest.ChannelOptions{Incoming: true})
	if err := caller.Socket(server.Addr().String()); err != nil {
		log.Fatal(err)
	}
	<-caller.Done()
	stop()
	if err := <-ended; err != nil {
		log.Fatal(err)
	}
	// Output: the caller wants 42
}
