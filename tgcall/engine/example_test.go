package engine_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/pion/rtp"

	"switchgram/tgcall/engine"
)

// Two engines in one program call each other. What phone.sendSignalingData would carry is handed from one to the other.
func Example() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()

	var caller, callee *engine.Engine
	config := engine.Config{Version: "9.0.0", Key: make([]byte, 256), P2P: true, Loopback: true}
	config.Send = func(_ context.Context, blob []byte) error { caller.Receive(blob); return nil }
	callee, err := engine.New(config)
	if err != nil {
		fmt.Println(err)
		return
	}
	config.Outgoing = true
	config.Send = func(_ context.Context, blob []byte) error { callee.Receive(blob); return nil }
	if caller, err = engine.New(config); err != nil {
		fmt.Println(err)
		return
	}

	heard := make(chan string, 1)
	callee.OnRTP(func(p *rtp.Packet) {
		select {
		case heard <- fmt.Sprintf("%x", p.Payload):
		default: // never block here
		}
	})
	var group sync.WaitGroup
	group.Go(func() { _ = caller.Run(ctx) })
	group.Go(func() { _ = callee.Run(ctx) })

	for e := range caller.Events() {
		if s, ok := e.(engine.StateChanged); ok {
			fmt.Println(s.State)
			if s.State == engine.Established {
				break
			}
		}
	}
	speak(caller, heard)
	cancel()
	group.Wait()
	// Output:
	// WaitInit
	// WaitInitAck
	// Established
	// f8fffe
}

// speak sends silence every 20 ms until it is heard: the other side may need a moment longer.
func speak(e *engine.Engine, heard <-chan string) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for n := uint16(0); ; n++ {
		p := &rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: n, Timestamp: uint32(n) * 960}, Payload: []byte{0xf8, 0xff, 0xfe}}
		_ = e.WriteRTP(p)
		select {
		case text := <-heard:
			fmt.Println(text)
			return
		case <-tick.C:
		}
	}
}
