package signal

import "context"

// inbox holds messages between a transport that finds them and the function that takes them. Only one goroutine at a time may
// put; the transports see to that.
type inbox struct {
	messages chan []byte
}

func newInbox() *inbox { return &inbox{messages: make(chan []byte, maxIncoming)} }

// room is how many messages can be put.
func (i *inbox) room() int { return cap(i.messages) - len(i.messages) }

// put adds a message; when the queue is full it is refused, since the oldest matter most to a call that starts.
func (i *inbox) put(json []byte) error {
	select {
	case i.messages <- json:
		return nil
	default:
		return ErrFull
	}
}

// wait adds a message as soon as there is room.
func (i *inbox) wait(ctx context.Context, json []byte) error {
	select {
	case i.messages <- json:
		return nil
	case <-ctx.Done():
		return ErrClosed
	}
}

// run delivers until ctx ends.
func (i *inbox) run(ctx context.Context, deliver func([]byte)) {
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-i.messages:
			deliver(m)
		}
	}
}
