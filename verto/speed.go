package verto

import (
	"bytes"
	"fmt"
	"strconv"
	"time"

	"github.com/gorilla/websocket"
)

const (
	speedEvery = time.Minute
	maxSpeed   = 256 << 10 // bytes; a test of more is as if it were of so many
	speedFrame = 1024
	speedPong  = "speed" // comes back when the page has everything
)

// speedTest is verto.js' measurement of the connection: the page sends bytes, "#SPU n", "#SPB" frames and "#SPE"; we tell the milliseconds,
// send bytes back, and tell theirs. A page waits for both numbers, and divides by them.
type speedTest struct {
	announced int
	begun     time.Time // of the upload; zero: none runs
	sent      time.Time // when the download began; zero: none runs
	last      time.Time // when the last test began that was one
	left      int       // bytes that the page may send without waiting for its turn
}

// free tells whether a frame is part of a test, and has not to wait for the page's turn.
func (t *speedTest) free(frame []byte) bool {
	if t.begun.IsZero() || t.left <= 0 || !bytes.HasPrefix(frame, []byte("#SPB")) {
		return false
	}
	t.left -= len(frame)
	return true
}

// take reads a frame of the test, on the goroutine that reads.
func (t *speedTest) take(c *conn, frame []byte) {
	switch kind := frame[:min(len(frame), 4)]; string(kind) {
	case "#SPU":
		t.announced, _ = strconv.Atoi(string(bytes.TrimSpace(frame[4:]))) // of nothing it is soon over
		t.begin(time.Now())
	case "#SPE":
		if !t.begun.IsZero() {
			t.back(c)
		}
	}
}

// begin counts a test if it is one: at most one a minute, since it costs more than any other request.
func (t *speedTest) begin(now time.Time) {
	t.begun, t.left = now, 0
	if t.announced > 0 && now.Sub(t.last) >= speedEvery {
		t.last, t.left = now, maxSpeed+maxSpeed/8 // frames have heads
	}
}

// back tells how long the upload took and begins the download.
func (t *speedTest) back(c *conn) {
	now, begun := time.Now(), t.begun
	t.begun = time.Time{}
	if begun != t.last {
		c.send([]byte("#SPU 1"))
		c.send([]byte("#SPD 1"))
		return
	}
	t.sent = now
	c.send(fmt.Appendf(nil, "#SPU %d", millis(now.Sub(begun))))
	frame := append([]byte("#SPB"), bytes.Repeat([]byte("."), speedFrame-4)...)
	for range min(t.announced, maxSpeed) / speedFrame {
		c.send(frame)
	}
	c.pingNow()
}

// pong is the page's answer to the ping behind the bytes: it has them all. Of more bytes than were sent the time is reckoned.
func (t *speedTest) pong(c *conn, text string) {
	if text != speedPong || t.sent.IsZero() {
		return
	}
	took := millis(time.Since(t.sent)) * max(1, t.announced/maxSpeed)
	t.sent = time.Time{}
	c.send(fmt.Appendf(nil, "#SPD %d", took))
}

// millis is at least 1: clients divide by it.
func millis(d time.Duration) int { return max(1, int(d.Milliseconds())) }

// pingNow sends a ping behind everything that is queued.
func (c *conn) pingNow() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue = append(c.queue, nil)
	c.rouse()
}

// putNext writes a message of the queue; none stands for a ping.
func (c *conn) putNext(message []byte) error {
	if message == nil {
		return c.put(websocket.PingMessage, []byte(speedPong))
	}
	return c.put(websocket.TextMessage, message)
}
