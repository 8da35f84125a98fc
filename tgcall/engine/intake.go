package engine

import (
	"fmt"
	"runtime/debug"
)

// Input takes a packet of the peer's media from whoever reads it: the goroutine of the call's connection, or those of a shared port. A
// panic in what the packet sets off ends this call and no other.
func (l *loop) Input(packet []byte) {
	if l.broken.Load() {
		return
	}
	defer l.rescue()
	l.stream.Input(packet)
}

func (l *loop) rescue() {
	if r := recover(); r != nil {
		l.broken.Store(true)
		l.log.Error("panic in a call's media", "err", r, "stack", string(debug.Stack()))
		l.cancel(fmt.Errorf("%w: %v", ErrPanic, r))
	}
}
