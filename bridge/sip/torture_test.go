package sip_test

import (
	"context"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"switchgram/bridge/sip"
)

// tortures are the messages of RFC 4475 and the status that each gets of an agent with users that is busy; 0: it is not answered.
var tortures = map[string]int{
	// §3.1.1: valid, however strange
	"wsinv":      481, // white space wherever it may be, also in the To tag of a call that we do not know
	"intmeth":    405, // an unknown method of unusual characters
	"esc01":      486,
	"escnull":    401,
	"esc02":      405, // RE%47IST%45R is not REGISTER
	"lwsdisp":    200,
	"longreq":    486,
	"dblreq":     401, // of two requests in one datagram the first counts
	"semiuri":    200,
	"transports": 200,
	"mpart01":    405,
	"unreason":   0, // responses to nothing
	"noreason":   0,

	// §3.1.2: invalid
	"badinv01":   0,
	"clerr":      0,
	"ncl":        0,
	"scalar02":   0,
	"scalarlg":   0,
	"quotbal":    0,
	"ltgtruri":   0,
	"lwsruri":    0,
	"lwsstart":   0,
	"trws":       0,
	"escruri":    486, // header fields in the request URI, which are passed over
	"baddate":    486, // in a header field that means nothing to us
	"regbadct":   401,
	"badaspec":   0,
	"baddn":      0,
	"badvers":    505,
	"mismatch01": 400,
	"mismatch02": 400,
	"bigcode":    0,

	// §3.2 and §3.3: transactions and applications
	"badbranch": 200, // a magic cookie and nothing else
	"insuf":     0,   // there is no Call-ID to answer to
	"unkscm":    416,
	"novelsc":   0,
	"unksm2":    401,
	"bext01":    420,
	"invut":     415,
	"regaut01":  401, // credentials of an unknown kind are none
	"multi01":   400,
	"mcl01":     400,
	"bcast":     0,
	"zeromf":    200, // the last hop: we are whom it is for
	"cparam01":  401,
	"cparam02":  401,
	"regescrt":  401,
	"sdp01":     406,

	// §3.4: RFC 2543, whose clients have no tags
	"inv2543": 400,
}

// torturer sends messages from port 5060, where they say they come from, of an address of its own.
type torturer struct {
	t    *testing.T
	conn *net.UDPConn
	to   netip.AddrPort
}

func newTorturer(t *testing.T, a *sip.Agent) *torturer {
	t.Helper()
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.44.75.1:5060")))
	must(t, err)
	t.Cleanup(func() { must(t, conn.Close()) })
	return &torturer{t: t, conn: conn, to: a.Addr("udp")}
}

// answered returns the first status that a request gets beside 100; 0: none.
func (x *torturer) answered(within time.Duration) int {
	x.t.Helper()
	buf := make([]byte, 65536)
	must(x.t, x.conn.SetReadDeadline(time.Now().Add(within)))
	for {
		n, err := x.conn.Read(buf)
		if err != nil {
			return 0
		}
		m, err := sipgo.ParseMessage(buf[:n])
		must(x.t, err)
		res, ok := m.(*sipgo.Response)
		if !ok || res.StatusCode == 100 {
			continue
		}
		if res.SipVersion != "SIP/2.0" {
			x.t.Errorf("answered in %s", res.SipVersion)
		}
		return res.StatusCode
	}
}

// TestMessagesOfRFC4475 sends each as it is written there to an agent, and then calls that agent.
func TestMessagesOfRFC4475(t *testing.T) {
	files, err := filepath.Glob("testdata/rfc4475/*.dat")
	must(t, err)
	if len(files) != len(tortures) {
		t.Errorf("%d files, %d expectations", len(files), len(tortures))
	}
	caller := start(t, sip.Options{})
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".dat")
		t.Run(name, func(t *testing.T) {
			want, known := tortures[name]
			if !known {
				t.Fatal("nobody knows what to expect")
			}
			text, err := os.ReadFile(file)
			must(t, err)
			a := start(t, sip.Options{
				Allow: everybody, Users: func(string) (sip.Secret, bool) { return sip.Secret{}, false },
				OnInvite: func(ctx context.Context, d *sip.Dialog) { _ = d.Reject(ctx, sip.Hangup{Status: 486}) },
			})
			x := newTorturer(t, a)
			_, err = x.conn.WriteToUDPAddrPort(text, x.to)
			must(t, err)
			if got := x.answered(map[bool]time.Duration{true: patience, false: silence}[want != 0]); got != want {
				t.Errorf("answered with %d, want %d", got, want)
			}
			if e := expect[sip.Ended](t, dial(t, caller, sip.Invite{To: uri(a, "1000", "udp")})); e.Status != 486 {
				t.Errorf("a call afterwards: %v", e)
			}
		})
	}
}

// silence is how long nothing is waited for.
const silence = 100 * time.Millisecond
