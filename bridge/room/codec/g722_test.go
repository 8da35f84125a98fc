package codec

import (
	"bytes"
	"testing"
)

func TestG722EncodesBitForBitLikeAnother(t *testing.T) {
	pcm, want := samples(unzip(t, "g722-in.s16.gz")), unzip(t, "g722.bin.gz")
	// when: encoded in packets of 20 ms
	var got []byte
	enc, out := newG722Encoder(), make([]byte, 160)
	for len(pcm) > 0 {
		n, err := enc.Encode(pcm[:min(320, len(pcm))], out)
		if err != nil {
			t.Fatal(err)
		}
		got, pcm = append(got, out[:n]...), pcm[min(320, len(pcm)):]
	}
	// then
	if !bytes.Equal(got, want) {
		t.Errorf("%d bytes differ from the reference", len(want))
	}
}

func TestG722DecodesBitForBitLikeAnother(t *testing.T) {
	packet, want := unzip(t, "g722.bin.gz"), samples(unzip(t, "g722-out.s16.gz"))
	got := make([]int16, 2*len(packet))
	if _, err := newG722Decoder().Decode(packet, got); err != nil {
		t.Fatal(err)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("sample %d of %d is %d, want %d", i, len(want), got[i], want[i])
		}
	}
}
