package signal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pion/sctp"
)

// vector is one packet of the vectors file; which fields it has depends on the group.
type vector struct {
	Name      string
	Direction string
	JSON      string
	Counter   uint32
	Packet    hexBytes `json:"packet_hex"`
	Plaintext hexBytes `json:"plaintext_hex"`
	Gzip      hexBytes `json:"gzip_hex"`
	UserData  hexBytes `json:"user_data_hex"`
	Deliver   []string
	Acks      []uint32
	Received  []string `json:"deliver_if_4_was_received"`
	Lost      []string `json:"deliver_if_4_was_lost"`
	Expect    string
}

func (v vector) fromCaller() bool { return v.Direction == "caller_to_callee" }

type vectors struct {
	Key       hexBytes `json:"shared_key_hex"`
	Raw       []vector `json:"signaling_raw"`
	Gzip      []vector `json:"signaling_gzip"`
	Acked     []vector `json:"signaling_acked"`
	Transport []vector
	SCTP      []vector
	Reject    []vector `json:"must_reject"`
	Window    []struct {
		Counter uint32
		Accept  bool
	} `json:"replay_window"`
}

func loadVectors(t testing.TB) (v vectors) {
	t.Helper()
	decode(t, fixture(t, "vectors.json.gz"), &v)
	return v
}

func TestPacketsAreSealedAndOpenedByteForByte(t *testing.T) {
	v := loadVectors(t)
	for _, p := range slices.Concat(v.Raw, v.Gzip, v.Acked) {
		if got := mustCipher(t, v.Key, p.fromCaller()).seal(p.Plaintext); !bytes.Equal(got, p.Packet) {
			t.Errorf("%s: sealed %x, want %x", p.Name, got, p.Packet)
		}
		got, err := mustCipher(t, v.Key, !p.fromCaller()).open(p.Packet)
		if err != nil || !bytes.Equal(got, p.Plaintext) {
			t.Errorf("%s: opened %x, %v", p.Name, got, err)
		}
	}
}

// Media sealed with the call's key differs by where in the key its keys lie; it is not spoken, but the schedule is the same.
func TestTheKeyScheduleIsTheOneOfSealedMediaToo(t *testing.T) {
	v := loadVectors(t)
	for _, p := range v.Transport {
		c := mustCipher(t, v.Key, p.fromCaller())
		c.ours -= offsetSignalling
		if got := c.seal(p.Plaintext); !bytes.Equal(got, p.Packet) {
			t.Errorf("%s: sealed %x, want %x", p.Name, got, p.Packet)
		}
	}
}

func TestRawPacketsGiveTheirMessageOnce(t *testing.T) {
	v := loadVectors(t)
	for _, p := range slices.Concat(v.Raw, v.Gzip) {
		r := newRaw(mustCipher(t, v.Key, !p.fromCaller()), false)
		got, err := r.open(p.Packet)
		if err != nil || p.JSON != "" && string(got) != p.JSON {
			t.Errorf("%s: %q, %v", p.Name, got, err)
		}
		if _, err := r.open(p.Packet); !errors.Is(err, ErrReplay) {
			t.Errorf("%s again: %v, want %v", p.Name, err, ErrReplay)
		}
	}
}

func TestRawPacketsAreMadeByteForByte(t *testing.T) {
	v := loadVectors(t)
	for _, p := range v.Raw {
		if p.JSON == "" {
			continue
		}
		r := newRaw(mustCipher(t, v.Key, p.fromCaller()), false)
		r.counter = p.Counter - 1
		if got, err := r.seal([]byte(p.JSON)); err != nil || !bytes.Equal(got, p.Packet) {
			t.Errorf("%s: %x, %v", p.Name, got, err)
		}
	}
}

func TestCompressedMessagesAreUnpacked(t *testing.T) {
	for _, p := range loadVectors(t).Gzip {
		if got, err := inflate(p.Gzip); err != nil || string(got) != p.JSON {
			t.Errorf("%s: %q, %v", p.Name, got, err)
		}
		if got, err := inflate(new(packer).deflate([]byte(p.JSON))); err != nil || string(got) != p.JSON {
			t.Errorf("%s, packed by us: %q, %v", p.Name, got, err)
		}
	}
}

// conversation replays the acknowledged vectors into both sides and returns what each packet delivered.
func conversation(t *testing.T, v vectors, lost int) (delivered [][]string) {
	t.Helper()
	sides := map[bool]*acked{true: newAcked(), false: newAcked()}
	for i, p := range v.Acked {
		if i == lost {
			delivered = append(delivered, nil)
			continue
		}
		bodies, err := sides[!p.fromCaller()].receive(time.Unix(1, 0), p.Plaintext, maxIncoming)
		if err != nil {
			t.Fatalf("%s: %v", p.Name, err)
		}
		var texts []string
		for _, b := range bodies {
			texts = append(texts, string(b))
		}
		delivered = append(delivered, texts)
	}
	return delivered
}

func TestAcknowledgedConversationDeliversEachMessageOnce(t *testing.T) {
	v := loadVectors(t)
	for i, got := range conversation(t, v, -1) {
		want := slices.Concat(v.Acked[i].Deliver, v.Acked[i].Received)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", v.Acked[i].Name, diff)
		}
	}
}

func TestAMessageOfALostPacketComesWithTheNext(t *testing.T) {
	v := loadVectors(t)
	if diff := cmp.Diff(v.Acked[4].Lost, conversation(t, v, 3)[4]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAcknowledgementsAreReadWithTheirFlags(t *testing.T) {
	for _, p := range loadVectors(t).Acked {
		chain, err := parseChain(p.Plaintext)
		if err != nil {
			t.Fatalf("%s: %v", p.Name, err)
		}
		var acks []uint32
		for _, m := range chain {
			if m.kind == typeAck {
				acks = append(acks, m.seq)
			}
		}
		if !slices.Equal(acks, p.Acks) {
			t.Errorf("%s: acknowledges %x, want %x", p.Name, acks, p.Acks)
		}
	}
}

func TestDamagedPacketsAreRefused(t *testing.T) {
	v := loadVectors(t)
	for _, p := range v.Reject {
		transport := newAckedTransport(mustCipher(t, v.Key, !p.fromCaller()), newInbox(), nil, nil)
		err := transport.receive(p.Packet)
		if err == nil || len(transport.in.messages) > 0 {
			t.Errorf("%s: error %v, delivered %d; want: %s", p.Name, err, len(transport.in.messages), p.Expect)
		}
	}
}

func TestReplayWindow(t *testing.T) {
	w := window{size: windowSize}
	for i, step := range loadVectors(t).Window {
		if got := w.accept(step.Counter); got != step.Accept {
			t.Errorf("step %d: counter %d accepted: %v", i, step.Counter, got)
		}
	}
}

func TestSCTPPacketsAreUnderstood(t *testing.T) {
	v := loadVectors(t)
	for _, p := range v.SCTP {
		if err := checkSCTP(p.Packet); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
		if binary.BigEndian.Uint16(p.Packet) != 5000 || binary.BigEndian.Uint16(p.Packet[2:]) != 5000 {
			t.Errorf("%s: not port 5000 to 5000", p.Name)
		}
		if sctp.TryMarshalUnmarshal(p.Packet) != 1 {
			t.Errorf("%s: the library cannot read it", p.Name)
		}
		if p.UserData == nil {
			continue
		}
		r := newRaw(mustCipher(t, v.Key, !p.fromCaller()), true)
		if got, err := r.open(p.UserData); err != nil || string(got) != p.JSON {
			t.Errorf("%s: %q, %v", p.Name, got, err)
		}
	}
}

func TestDamagedSCTPPacketsAreRefused(t *testing.T) {
	packet := loadVectors(t).SCTP[0].Packet
	damaged := bytes.Clone(packet)
	damaged[len(damaged)-1] ^= 1
	for name, p := range map[string][]byte{"damaged": damaged, "empty": nil, "short": packet[:11], "long": make([]byte, sctpMaxBlob+1)} {
		if checkSCTP(p) == nil {
			t.Errorf("%s packet accepted", name)
		}
	}
}

// nativeVector is a packet of Telegram's own engine.
type nativeVector struct {
	Version    string
	Key        hexBytes
	Sender     string
	Plaintext  hexBytes
	Ciphertext hexBytes
	JSON       string
}

func TestPacketsOfTelegramsEngineAreOpened(t *testing.T) {
	var list []nativeVector
	decode(t, fixture(t, "native.json.gz"), &list)
	for i, v := range list {
		caller := v.Sender == "caller"
		got, err := mustCipher(t, v.Key, !caller).open(v.Ciphertext)
		if err != nil || !bytes.Equal(got, v.Plaintext) {
			t.Errorf("vector %d of %s: %v", i, v.Version, err)
		}
		if sealed := mustCipher(t, v.Key, caller).seal(v.Plaintext); !bytes.Equal(sealed, v.Ciphertext) {
			t.Errorf("vector %d of %s: we would send something else", i, v.Version)
		}
	}
	if len(list) != 39 {
		t.Errorf("%d vectors, want 39", len(list))
	}
}
