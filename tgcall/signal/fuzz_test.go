package signal

import (
	"bytes"
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func FuzzParse(f *testing.F) {
	for _, text := range []string{setupText, offerText, stateText, `{"@type":"Candidates","candidates":[{"sdpString":"x"}]}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(Encode(m))
		if err != nil {
			t.Fatalf("%s, written again: %v", text, err)
		}
		if diff := cmp.Diff(m, again); diff != "" {
			t.Errorf("%s changed when written again:\n%s", text, diff)
		}
	})
}

// FuzzPacket hands sealed and unsealed bytes to every framing.
func FuzzPacket(f *testing.F) {
	v := loadVectors(f)
	for _, p := range slices.Concat(v.Raw, v.Gzip, v.Acked, v.Reject) {
		f.Add([]byte(p.Packet), []byte(p.Plaintext))
	}
	f.Fuzz(func(t *testing.T, packet, plaintext []byte) {
		for version := range carriages {
			if version == "12.0.0" || version == "13.0.0" {
				continue // FuzzSCTP
			}
			c, err := NewChannel(Options{Version: version, Key: v.Key})
			if err != nil {
				t.Fatal(err)
			}
			_ = c.Receive(packet)
			_ = c.Receive(mustCipher(t, v.Key, true).seal(plaintext))
		}
	})
}

func FuzzAcked(f *testing.F) {
	for _, p := range loadVectors(f).Acked {
		f.Add([]byte(p.Plaintext))
	}
	f.Fuzz(func(t *testing.T, plaintext []byte) {
		a := newAcked()
		bodies, err := a.receive(time.Unix(1, 0), plaintext, 10)
		if len(bodies) > 10 || err != nil && len(bodies) > 0 {
			t.Errorf("%d messages of a packet refused: %v", len(bodies), err)
		}
		if p := a.tick(time.Unix(100, 0)); len(p) > maxAckedPacket {
			t.Errorf("acknowledged by a packet of %d bytes", len(p))
		}
		bodies, _ = a.receive(time.Unix(2, 0), plaintext, 10)
		if len(bodies) > 0 {
			t.Errorf("delivered twice: %q", bodies)
		}
	})
}

func FuzzInflate(f *testing.F) {
	for _, p := range loadVectors(f).Gzip {
		f.Add([]byte(p.Gzip))
	}
	f.Add(new(packer).deflate(make([]byte, maxUnpacked+1)))
	f.Fuzz(func(t *testing.T, body []byte) {
		if json, err := inflate(body); err == nil && len(json) > max(maxUnpacked, len(body)) {
			t.Errorf("%d bytes unpacked", len(json))
		}
	})
}

// FuzzSCTP feeds an association, in the role of the callee, with packets whose checksum is right.
func FuzzSCTP(f *testing.F) {
	v := loadVectors(f)
	for _, p := range v.SCTP {
		f.Add([]byte(p.Packet), []byte(v.SCTP[0].Packet))
	}
	f.Fuzz(func(t *testing.T, first, second []byte) {
		c, err := NewChannel(Options{Version: "13.0.0", Key: v.Key, Out: func([]byte) {}, Deliver: func([]byte) {}})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- c.Run(ctx) }()
		for _, p := range [][]byte{first, second} {
			_ = c.Receive(p)
			if len(p) >= sctpHeader {
				_ = c.Receive(appendChecksum(bytes.Clone(p)))
			}
		}
		cancel()
		<-done
	})
}
