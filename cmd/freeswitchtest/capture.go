package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/emiago/sipgo/sip"
)

// tape keeps what was said between FreeSWITCH and the bridge in SIP, and on our event socket: a file of each for every row. What is kept has
// the form of the transcripts that tests replay: a line says who spoke, S for FreeSWITCH, and how many bytes follow. Without a folder it does
// nothing.
type tape struct {
	dir  string
	port string // of the bridge, in SIP

	mu  sync.Mutex
	row string
	err error // that came first
}

func newTape(dir string, port int) *tape {
	t := &tape{dir: dir, port: ":" + strconv.Itoa(port), row: "start"}
	if dir != "" {
		t.err = os.MkdirAll(dir, 0o755)
		sip.SIPDebug = true // before there is an agent
		sip.SIPDebugTracer(t)
	}
	return t
}

// turn begins the files of another row.
func (t *tape) turn(row string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.row = strings.Trim(unfit.ReplaceAllString(strings.ToLower(row), "-"), "-")
}

var unfit = regexp.MustCompile(`[^a-z0-9]+`)

// secrets are what nobody needs to know, were it only of a test: what comes after what is in parentheses.
var secrets = regexp.MustCompile(`(?i)(response=")[0-9a-f]+|(\Aauth )\S+|(inline:)[A-Za-z0-9+/=]+|(sip_auth_response":"|sip_auth_password":")[^"]+`)

// masked is text with its secrets made unreadable, and as long as before.
func masked(text []byte) []byte {
	return secrets.ReplaceAllFunc(text, func(found []byte) []byte {
		m := secrets.FindSubmatch(found)
		kept := bytes.Join(m[1:], nil)
		return append(kept, bytes.Repeat([]byte("*"), len(found)-len(kept))...)
	})
}

// write keeps what S, FreeSWITCH, or C, we, said.
func (t *tape) write(kind, who string, said []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f, err := os.OpenFile(filepath.Join(t.dir, t.row+"."+kind), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err == nil {
		_, err = fmt.Fprintf(f, "--- %s: (%d bytes)\n%s\n", who, len(said), masked(said))
		err = errors.Join(err, f.Close())
	}
	if t.err == nil {
		t.err = err
	}
}

// SIPTraceRead implements sip.SIPTracer.
func (t *tape) SIPTraceRead(transport, laddr, _ string, msg []byte) {
	if len(msg) > 0 && t.bridges(transport, laddr) {
		t.write("sip", "S", msg)
	}
}

// SIPTraceWrite implements sip.SIPTracer.
func (t *tape) SIPTraceWrite(transport, laddr, _ string, msg []byte) {
	if t.bridges(transport, laddr) {
		t.write("sip", "C", msg)
	}
}

// bridges tells the bridge's end from those of the telephones, which speak UDP.
func (t *tape) bridges(transport, laddr string) bool {
	return !strings.EqualFold(transport, "udp") || strings.HasSuffix(laddr, t.port)
}

// asked keeps what FreeSWITCH asks by mod_xml_curl.
func (t *tape) asked(h http.Handler) http.Handler {
	if t.dir == "" {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			t.write("xml", "S", body)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		h.ServeHTTP(w, r)
	})
}

// failure is why something was not kept.
func (t *tape) failure() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err
}

// dialer connects to the event socket so that it is kept what is said; nil: as ever.
func (t *tape) dialer() func(context.Context, string, string) (net.Conn, error) {
	if t.dir == "" {
		return nil
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		var d net.Dialer
		c, err := d.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return taped{c, t}, nil
	}
}

// taped is an event socket.
type taped struct {
	net.Conn
	tape *tape
}

// Read implements net.Conn.
func (c taped) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.tape.write("esl", "S", b[:n])
	}
	return n, err
}

// Write implements net.Conn.
func (c taped) Write(b []byte) (int, error) {
	c.tape.write("esl", "C", b)
	return c.Conn.Write(b)
}
