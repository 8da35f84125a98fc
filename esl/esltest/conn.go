package esltest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// longestQueue is how many events FreeSWITCH holds for one connection before it cuts it. Its own limit is higher.
	longestQueue = 20_000
	goodbye      = "Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n"
)

// conn is one connection, in either direction. Like FreeSWITCH's, one goroutine carries out its commands and sends its events: while a command
// runs, no event leaves.
type conn struct {
	sw      *Switch
	nc      net.Conn
	channel *Channel // outbound
	packets chan packet
	wake    chan struct{} // an event is queued; room for one

	authed    bool
	connected bool // outbound: "connect" was said
	linger    time.Duration
	lingering <-chan time.Time

	mu     sync.Mutex
	sub    subscription
	queue  []Event
	broken bool
}

// packet is a command, as read.
type packet struct {
	line    string
	headers []Header
	body    string
	raw     string
}

func (p packet) get(name string) string { return Event{Headers: p.headers}.Get(name) }

func newConn(s *Switch, nc net.Conn, channel *Channel) *conn {
	return &conn{sw: s, nc: nc, channel: channel, authed: channel != nil, packets: make(chan packet), wake: make(chan struct{}, 1), sub: newSubscription()}
}

func (c *conn) cut() { _ = c.nc.Close() }

// run has the connection until it ends.
func (c *conn) run() {
	defer c.sw.closed(c)
	done := make(chan struct{})
	var reading sync.WaitGroup
	reading.Go(func() { c.read(done) })
	defer reading.Wait()
	defer c.cut()
	defer close(done)
	if c.channel == nil && !c.greet() {
		return
	}
	c.loop()
}

func (c *conn) greet() bool {
	c.sw.mu.Lock()
	refuse := c.sw.refuse
	c.sw.mu.Unlock()
	if refuse {
		c.write("Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n")
		return false
	}
	c.write("Content-Type: auth/request\n\n")
	return true
}

func (c *conn) loop() {
	var hungUp <-chan struct{}
	if c.channel != nil {
		hungUp = c.channel.down
	}
	for {
		select {
		case p, ok := <-c.packets:
			if !ok || !c.command(p) {
				return
			}
		case <-c.wake:
			if !c.sendEvents() {
				return
			}
		case <-hungUp:
			hungUp = nil
			if !c.sendEvents() || !c.startLingering() {
				return
			}
		case <-c.lingering:
			c.sendEvents()
			c.disconnect()
			return
		}
	}
}

// startLingering tells of the end of the channel. Without "linger" the connection ends with it.
func (c *conn) startLingering() bool {
	if c.linger == 0 {
		c.disconnect()
		return false
	}
	c.write(fmt.Sprintf("Content-Type: text/disconnect-notice\nControlled-Session-UUID: %s\nContent-Disposition: linger\nChannel-Name: %s\n"+
		"Linger-Time: %d\nContent-Length: 0\n\n", c.channel.UUID(), c.channel.name, int(c.linger.Seconds())))
	c.lingering = time.After(c.linger)
	return true
}

// disconnect says good-bye. On an outbound connection it says which channel it was.
func (c *conn) disconnect() {
	head := "Content-Type: text/disconnect-notice\n"
	if c.channel != nil {
		head += "Controlled-Session-UUID: " + c.channel.UUID() + "\nContent-Disposition: disconnect\n"
	}
	c.write(fmt.Sprintf("%sContent-Length: %d\n\n%s", head, len(goodbye), goodbye))
}

func (c *conn) write(s string) { _, _ = io.WriteString(c.nc, s) }

func (c *conn) reply(text string, headers ...Header) {
	head := "Content-Type: command/reply\nReply-Text: " + text + "\n"
	for _, h := range headers {
		head += h.Name + ": " + h.Value + "\n"
	}
	c.write(head + "\n")
}

func (c *conn) answer(body string) {
	c.write(fmt.Sprintf("Content-Type: api/response\nContent-Length: %d\n\n%s", len(body), body))
}

// offer queues an event if the connection wants it. The switch calls it.
func (c *conn) offer(e Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.sub.wants(e) || c.broken {
		return
	}
	if len(c.queue) == longestQueue {
		c.broken = true
		c.cut()
		return
	}
	c.queue = append(c.queue, e)
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *conn) sendEvents() bool {
	c.mu.Lock()
	events, format := c.queue, c.sub.format
	c.queue = nil
	c.mu.Unlock()
	for _, e := range events {
		if _, err := c.nc.Write(e.frame(format)); err != nil {
			return false
		}
	}
	return true
}

// read cuts commands out of what comes, until that ends.
func (c *conn) read(done <-chan struct{}) {
	defer close(c.packets)
	for r := bufio.NewReader(c.nc); ; {
		p, err := readPacket(r)
		if err != nil {
			return
		}
		c.sw.got(p.raw)
		select {
		case c.packets <- p:
		case <-done:
			return
		}
	}
}

func readPacket(r *bufio.Reader) (p packet, err error) {
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return p, err
		}
		line = strings.TrimRight(line, "\r\n")
		switch {
		case line == "" && p.line == "":
		case line == "":
			return p, p.readBody(r)
		case p.line == "":
			p.line, p.raw = line, line
		default:
			p.raw += "\n" + line
			if name, value, ok := strings.Cut(line, ":"); ok {
				p.headers = append(p.headers, Header{Name: name, Value: strings.TrimLeft(value, " ")})
			}
		}
	}
}

func (p *packet) readBody(r io.Reader) error {
	n, _ := strconv.Atoi(p.get("Content-Length"))
	if n <= 0 || n > 10<<20 {
		return nil
	}
	body := make([]byte, n)
	_, err := io.ReadFull(r, body)
	p.body = string(body)
	p.raw += "\n\n" + p.body
	return err
}
