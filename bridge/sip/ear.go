package sip

import (
	"net"
	"sync"
	"time"
)

const (
	// maxSources is how many addresses one ear listens to.
	maxSources = 8192
	// parting is how long the requests that an ear has heard may take to find it. Who forges more addresses than maxSources in that time
	// has the next ear retire meanwhile.
	parting = 100 * time.Millisecond
)

// ear is the UDP socket as sipgo reads it. sipgo remembers every address that it ever got a datagram from until its reading ends, which
// whoever can forge addresses could let grow without end. So after a while an ear ends, and another takes over.
type ear struct {
	*net.UDPConn
	replace func()          // lets another ear take over, and returns when it listens
	stop    <-chan struct{} // closed when the agent ends

	once    sync.Once
	listens chan struct{}
	last    string
	sources int
}

// serveUDP reads the UDP socket until it is closed.
func (a *Agent) serveUDP() error {
	var ears sync.WaitGroup
	var listen func() (listens <-chan struct{})
	failed := make(chan error, 1)
	listen = func() <-chan struct{} {
		e := &ear{UDPConn: a.udp, stop: a.stopping, listens: make(chan struct{})}
		e.replace = func() { <-listen() }
		ears.Go(func() {
			err := a.server.ServeUDP(e)
			if e.sources < maxSources {
				failed <- err
			}
		})
		return e.listens
	}
	listen()
	err := <-failed
	ears.Wait()
	return err
}

// ReadFrom implements [net.PacketConn].
func (e *ear) ReadFrom(b []byte) (n int, from net.Addr, err error) {
	e.once.Do(func() { close(e.listens) })
	if e.sources == maxSources {
		e.retire()
		return 0, nil, net.ErrClosed
	}
	n, from, err = e.UDPConn.ReadFrom(b)
	if err != nil {
		return n, from, err
	}
	if source := from.String(); source != e.last {
		e.last = source
		e.sources++
	}
	return n, from, nil
}

// retire returns when another ear listens, and nobody looks for this one any more.
func (e *ear) retire() {
	e.replace()
	timer := time.NewTimer(parting)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-e.stop:
	}
}
