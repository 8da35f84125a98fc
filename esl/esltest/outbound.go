package esltest

import (
	"fmt"
	"net"
)

// Socket is the application "socket host:port async full": it connects to a server that waits for channels, and hands it this one. It returns
// when it has connected; the channel then belongs to the server.
func (c *Channel) Socket(address string) error {
	nc, err := net.Dial("tcp", address)
	if err != nil {
		return fmt.Errorf("socket %s: %w", address, err)
	}
	outbound, err := c.sw.open(nc, c)
	if err != nil {
		return err
	}
	c.sw.running.Go(outbound.run)
	return nil
}

// Done is closed when the channel has ended.
func (c *Channel) Done() <-chan struct{} { return c.down }
