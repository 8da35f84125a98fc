package sip_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	sipgo "github.com/emiago/sipgo/sip"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"

	"switchgram/bridge/sip"
	"switchgram/bridge/sip/sdp"
)

// journal is a log that a test can search.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) contains(s string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Contains(j.text.String(), s)
}

// until waits for what cannot be told of.
func until(t *testing.T, done func() bool) {
	t.Helper()
	ctx, tick := deadline(t), time.NewTicker(5*time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("never")
		}
	}
}

func TestDemandedSRTPCarriesSoundDigitsAndReports(t *testing.T) {
	t.Parallel()
	var log journal
	o := sip.Options{Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	caller := start(t, o)
	answerer, calls := callee(t, o)
	sip.Report(caller, 50*time.Millisecond)
	sip.Report(answerer, 50*time.Millisecond)
	out, in := pair(t, caller, sip.Invite{To: uri(answerer, "1000", "udp"), SRTP: sdp.RequireSRTP}, calls)

	if out.SRTP() != "AEAD_AES_128_GCM" || in.SRTP() != out.SRTP() {
		t.Errorf("encrypted with %q and %q", out.SRTP(), in.SRTP())
	}
	talk := func(seq uint16) {
		heardOut, heardIn := listen(out), listen(in)
		must(t, out.WriteRTP(packet(seq, "there")))
		must(t, in.WriteRTP(packet(seq, "back")))
		if got := string(next(t, heardIn).Payload) + string(next(t, heardOut).Payload); got != "thereback" {
			t.Errorf("heard %q", got)
		}
	}
	talk(1)
	must(t, out.SendDTMF(deadline(t), "7", 60*time.Millisecond))
	if d := expect[sip.Digit](t, in); d.Key != '7' {
		t.Errorf("heard %c", d.Key)
	}
	// held and taken back under the same keys, by either side
	for i, holder := range []*sip.Dialog{out, in} {
		must(t, holder.Hold(deadline(t), true))
		must(t, holder.Hold(deadline(t), false))
		talk(uint16(100 + i))
	}
	until(t, func() bool { return out.Stats().RTT > 0 && in.Stats().RTT > 0 }) // which needs reports both ways
	if st := in.Stats(); st.Strange != 0 {
		t.Errorf("%+v", st)
	}
	if log.contains("inline:") || log.contains("a=crypto") {
		t.Error("a key was logged")
	}
}

func TestCallThatIsNotEncryptedAsDemandedIsRefused(t *testing.T) {
	t.Parallel()
	caller := start(t, sip.Options{})
	answerer, calls := callee(t, sip.Options{})
	for _, tt := range []struct {
		offered, allowed sdp.SRTP
		why              string
	}{{sdp.OptionalSRTP, sdp.RequireSRTP, "SRTP is demanded"}, {sdp.RequireSRTP, sdp.NoSRTP, "SRTP is switched off"}} {
		out := dial(t, caller, sip.Invite{To: uri(answerer, "1000", "udp"), SRTP: tt.offered})
		in := next(t, calls)
		err := in.UseSRTP(tt.allowed)
		if err == nil || !strings.Contains(err.Error(), tt.why) {
			t.Fatalf("got %v", err)
		}
		must(t, in.Reject(deadline(t), sip.Hangup{Status: 488, Q850: 88, Warning: err.Error()}))
		e := expect[sip.Ended](t, out)
		if warning := out.Header("Warning"); e.Status != 488 || !strings.HasPrefix(warning, `399 switchgram "`) || !strings.Contains(warning, tt.why) {
			t.Errorf("%v, warning %s", e, out.Header("Warning"))
		}
	}
	// and what is allowed is not refused
	out := dial(t, caller, sip.Invite{To: uri(answerer, "1000", "udp"), SRTP: sdp.RequireSRTP})
	in := next(t, calls)
	must(t, in.UseSRTP(sdp.RequireSRTP))
	must(t, in.Answer(deadline(t)))
	expect[sip.Answered](t, out)
}

// secureEnd is a far end that encrypts by hand.
type secureEnd struct {
	t    *testing.T
	conn *net.UDPConn
	out  *srtp.Context
}

func (e *secureEnd) context(key []byte) *srtp.Context {
	e.t.Helper()
	c, err := srtp.CreateContext(key[:16], key[16:], srtp.ProtectionProfileAes128CmHmacSha1_32)
	must(e.t, err)
	return c
}

// offer describes it with a new key.
func (e *secureEnd) offer(fill byte) string {
	key := bytes.Repeat([]byte{fill}, 30)
	e.out = e.context(key)
	return fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %d RTP/SAVP 0\r\n"+
		"a=crypto:%d AES_CM_128_HMAC_SHA1_32 inline:%s|2^31\r\n", e.conn.LocalAddr().(*net.UDPAddr).Port, fill, base64.StdEncoding.EncodeToString(key))
}

// answered takes our key from an answer; the line has the tag.
func (e *secureEnd) answered(body []byte, tag byte) (in *srtp.Context, text string) {
	e.t.Helper()
	_, after, ok := strings.Cut(string(body), fmt.Sprintf("a=crypto:%d AES_CM_128_HMAC_SHA1_32 inline:", tag))
	if !ok || !strings.Contains(string(body), "RTP/SAVP 0") {
		e.t.Fatalf("answered %s", body)
	}
	text, _, _ = strings.Cut(after, "\r\n")
	key, err := base64.StdEncoding.DecodeString(text)
	must(e.t, err)
	return e.context(key), text
}

func (e *secureEnd) say(d *sip.Dialog, seq uint16, text string) {
	e.t.Helper()
	p := rtp.Packet{Header: rtp.Header{Version: 2, SSRC: 7, SequenceNumber: seq}, Payload: []byte(text)}
	b, err := p.Marshal()
	must(e.t, err)
	b, err = e.out.EncryptRTP(nil, b, nil)
	must(e.t, err)
	_, err = e.conn.WriteToUDPAddrPort(b, sip.RTPAddr(d))
	must(e.t, err)
}

func (e *secureEnd) hear(in *srtp.Context) string {
	e.t.Helper()
	buf := make([]byte, 1500)
	n, err := e.conn.Read(buf)
	must(e.t, err)
	b, err := in.DecryptRTP(nil, buf[:n], nil)
	must(e.t, err)
	return string(b[12:])
}

// secureCall is an answered call of a secureEnd whose first key is 1.
func secureCall(t *testing.T) (w *wire, far *secureEnd, d *sip.Dialog, ok *sipgo.Response) {
	t.Helper()
	a, calls := callee(t, sip.Options{})
	w = newWire(t, a)
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	must(t, err)
	t.Cleanup(func() { conn.Close() })
	must(t, conn.SetReadDeadline(time.Now().Add(patience)))
	far = &secureEnd{t: t, conn: conn}
	w.send(w.message("INVITE", "keys", "", 1, far.offer(1)))
	d = next(t, calls)
	must(t, d.Answer(deadline(t)))
	ok = w.response(200)
	w.ack("keys", ok, 1, "")
	return w, far, d, ok
}

// converse has both sides heard once.
func (e *secureEnd) converse(d *sip.Dialog, in *srtp.Context, seq uint16) {
	e.t.Helper()
	heard := listen(d)
	e.say(d, seq, "theirs")
	if p := next(e.t, heard); string(p.Payload) != "theirs" {
		e.t.Errorf("heard %q", p.Payload)
	}
	must(e.t, d.WriteRTP(packet(seq, "ours")))
	if got := e.hear(in); got != "ours" {
		e.t.Errorf("heard %q", got)
	}
}

func TestNewKeysOfAReINVITEAreUsed(t *testing.T) {
	t.Parallel()
	// given a call under keys
	w, far, d, ok := secureCall(t)
	in, first := far.answered(ok.Body(), 1)
	far.converse(d, in, 1)

	// when the far end offers the same again, then ours stays
	w.send(w.message("INVITE", "keys", toTag(ok), 2, far.offer(1)))
	again := w.response(200)
	w.ack("keys", again, 2, "")
	if _, text := far.answered(again.Body(), 1); text != first {
		t.Error("our key changed without a reason")
	}

	// when it offers a new one, then both are new
	w.send(w.message("INVITE", "keys", toTag(ok), 3, far.offer(2)))
	changed := w.response(200)
	w.ack("keys", changed, 3, "")
	in, second := far.answered(changed.Body(), 2)
	if second == first {
		t.Error("our key stayed")
	}
	far.converse(d, in, 2)
}

func TestReINVITEThatCannotBeEncryptedChangesNothing(t *testing.T) {
	t.Parallel()
	w, far, d, ok := secureCall(t)
	in, _ := far.answered(ok.Body(), 1)

	w.send(w.message("INVITE", "keys", toTag(ok), 2, strings.Replace(far.offer(1), "RTP/SAVP", "UDP/TLS/RTP/SAVP", 1)))
	refused := w.response(488)
	w.send(w.message("ACK", "keys", toTag(ok), 2, ""))

	if warning := refused.GetHeader("Warning"); warning == nil || !strings.Contains(warning.Value(), "DTLS") {
		t.Errorf("refused with %v", warning)
	}
	far.converse(d, in, 1)
}
