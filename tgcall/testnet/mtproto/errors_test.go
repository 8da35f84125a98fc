package mtproto

import (
	"errors"
	"net"

	"github.com/gotd/td/proto/codec"
)

// protocolError is the code of a transport error, or 0.
func protocolError(err error) int32 {
	var e *codec.ProtocolErr
	if !errors.As(err, &e) {
		return 0
	}
	return e.Code
}

func isTimeout(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}
