package reflector_test

import (
	"bytes"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"switchgram/tgcall/reflector"
)

//go:embed testdata/vectors.json
var vectorsFile []byte

// vectors are packets as Telegram's apps make them.
type vectors struct {
	PeerTag     string        `json:"peer_tag_hex"`
	ID          int           `json:"server_id"`
	OwnTag      reflector.Tag `json:"own_tag"`
	RemoteTag   reflector.Tag `json:"remote_tag"`
	RemoteHost  string        `json:"remote_host"`
	Candidate   string        `json:"local_candidate"`
	Hello       string        `json:"hello_hex"`
	Send        string        `json:"send_packet_hex"`
	SendPayload string        `json:"send_payload_hex"`
	Recv        string        `json:"recv_packet_hex"`
	RecvPayload string        `json:"recv_payload_hex"`
	RecvSender  reflector.Tag `json:"recv_sender_tag"`
	Prologue    string        `json:"tcp_prologue_hex"`
	TCPHello    string        `json:"tcp_hello_hex"`
	TCPSend     string        `json:"tcp_send_packet_hex"`
}

func readVectors(t testing.TB) (v vectors, tag reflector.PeerTag) {
	t.Helper()
	if err := json.Unmarshal(vectorsFile, &v); err != nil {
		t.Fatal(err)
	}
	tag, err := reflector.ParsePeerTag(v.PeerTag)
	if err != nil {
		t.Fatal(err)
	}
	return v, tag
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestPacketsAreThoseOfTheApps(t *testing.T) {
	v, tag := readVectors(t)
	hello := reflector.AppendHelloTCP(nil, tag, v.OwnTag)
	data := reflector.AppendData(nil, tag, v.RemoteTag, v.OwnTag, unhex(t, v.SendPayload))
	for name, c := range map[string]struct {
		got  []byte
		want string
	}{
		"hello":          {reflector.AppendHello(nil, tag, v.OwnTag), v.Hello},
		"data":           {data, v.Send},
		"prologue":       {[]byte(reflector.Prologue), v.Prologue},
		"hello over TCP": {reflector.AppendFrame(nil, hello), v.TCPHello},
		"data over TCP":  {reflector.AppendFrame(nil, data), v.TCPSend},
	} {
		if got := hex.EncodeToString(c.got); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	from, payload, err := reflector.Parse(tag, unhex(t, v.Recv))
	if err != nil || from != v.RecvSender || hex.EncodeToString(payload) != v.RecvPayload {
		t.Errorf("received %x from %d, %v", payload, from, err)
	}
	if got := reflector.Name(v.ID, v.RemoteTag); got != v.RemoteHost {
		t.Errorf("name %s, want %s", got, v.RemoteHost)
	}
	if !strings.Contains(v.Candidate, " "+reflector.Name(v.ID, v.OwnTag)+" ") {
		t.Errorf("name %s is not in %s", reflector.Name(v.ID, v.OwnTag), v.Candidate)
	}
}

func TestPacketsThatAreDropped(t *testing.T) {
	v, tag := readVectors(t)
	whole := unhex(t, v.Recv)
	change := func(f func(b []byte) []byte) []byte { return f(bytes.Clone(whole)) }
	for name, c := range map[string]struct {
		packet []byte
		want   error
	}{
		"nothing":               {nil, reflector.ErrForeign},
		"shorter than a tag":    {whole[:15], reflector.ErrForeign},
		"another call":          {change(func(b []byte) []byte { b[11] ^= 1; return b }), reflector.ErrForeign},
		"length beyond the end": {change(func(b []byte) []byte { b[23] = 100; return b }), reflector.ErrMalformed},
		"length beyond reason":  {change(func(b []byte) []byte { b[20] = 0xff; return b }), reflector.ErrMalformed},
		"no length":             {change(func(b []byte) []byte { b[23] = 0; return b }), reflector.ErrMalformed},
		"no sender":             {change(func(b []byte) []byte { copy(b[16:], []byte{0, 0, 0, 0}); return b }), reflector.ErrMalformed},
	} {
		if _, payload, err := reflector.Parse(tag, c.packet); !errors.Is(err, c.want) || payload != nil {
			t.Errorf("%s: %x, %v", name, payload, err)
		}
	}
	// What answers a hello has no payload, whatever it says.
	for _, b := range [][]byte{whole[:16], whole[:24], unhex(t, v.Hello)} {
		if _, payload, err := reflector.Parse(tag, b); err != nil || payload != nil {
			t.Errorf("%x: %x, %v", b, payload, err)
		}
	}
	// The receiver's own tag is not looked at.
	if _, payload, err := reflector.Parse(tag, change(func(b []byte) []byte { b[12] ^= 0xff; return b })); err != nil || payload == nil {
		t.Errorf("%x, %v", payload, err)
	}
}

func TestSecretsAreNotPrinted(t *testing.T) {
	v, tag := readVectors(t)
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(format, reflector.Server{PeerTag: tag}); strings.Contains(text, "17") || strings.Contains(text, v.PeerTag[:8]) {
			t.Errorf("%s prints %s", format, text)
		}
	}
	for _, s := range []string{"", "zz", v.PeerTag + "00", v.PeerTag[:30]} {
		if _, err := reflector.ParsePeerTag(s); err == nil || s != "" && strings.Contains(err.Error(), s) {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestStreamOfPackets(t *testing.T) {
	stream := reflector.AppendFrame(reflector.AppendFrame(nil, []byte("one")), []byte("two, too long"))
	r, buf := bytes.NewReader(stream), make([]byte, 5)
	if n, err := reflector.ReadFrame(r, buf); err != nil || string(buf[:n]) != "one" {
		t.Errorf("%q, %v", buf[:n], err)
	}
	if _, err := reflector.ReadFrame(r, buf); !errors.Is(err, reflector.ErrMalformed) {
		t.Errorf("%v", err)
	}
	if _, err := reflector.ReadFrame(bytes.NewReader(stream[:6]), buf); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%v", err)
	}
}

func FuzzParse(f *testing.F) {
	v, tag := readVectors(f)
	for _, s := range []string{v.Hello, v.Send, v.Recv} {
		f.Add(unhex(f, s))
	}
	f.Add(unhex(f, v.Recv)[:24])
	f.Fuzz(func(t *testing.T, b []byte) {
		from, payload, err := reflector.Parse(tag, b)
		if err != nil || payload == nil {
			return
		}
		again := reflector.AppendData(nil, tag, 7, from, payload)
		if len(again)%4 != 0 {
			t.Errorf("%d bytes", len(again))
		}
		if f2, p2, err := reflector.Parse(tag, again); err != nil || f2 != from || !bytes.Equal(p2, payload) {
			t.Errorf("%x from %d becomes %x from %d, %v", payload, from, p2, f2, err)
		}
	})
}

func FuzzReadFrame(f *testing.F) {
	v, _ := readVectors(f)
	f.Add(unhex(f, v.TCPSend))
	f.Add(unhex(f, v.TCPHello))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, stream []byte) {
		r, buf := bytes.NewReader(stream), make([]byte, 64)
		for {
			n, err := reflector.ReadFrame(r, buf)
			if err != nil {
				return
			}
			if !bytes.Contains(stream, reflector.AppendFrame(nil, buf[:n])) {
				t.Fatalf("%x is not in %x", buf[:n], stream)
			}
		}
	})
}
