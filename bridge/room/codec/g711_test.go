package codec

import (
	"testing"

	"switchgram/bridge/media"
)

func TestG711DecodesLikeAnother(t *testing.T) {
	for name, table := range map[string]*[256]int16{"mulaw": muLawToLinear(), "alaw": aLawToLinear()} {
		for i, want := range samples(unzip(t, name+"-out.s16.gz")) {
			if table[i] != want {
				t.Errorf("%s %#02x is %d, want %d", name, i, table[i], want)
			}
		}
	}
}

func TestG711CodesSurviveARoundTrip(t *testing.T) {
	for i := range 256 {
		if c := byte(i); aLaw(aLawToLinear()[c]) != c {
			t.Errorf("A-law %#02x comes back as %#02x", c, aLaw(aLawToLinear()[c]))
		}
		if c := byte(i); muLaw(muLawToLinear()[c]) != c && c != 0x7f { // minus zero is zero
			t.Errorf("µ-law %#02x comes back as %#02x", c, muLaw(muLawToLinear()[c]))
		}
	}
}

func TestG711ErrsByHalfAStepAtMost(t *testing.T) {
	for s := -32768; s <= 32767; s++ {
		a := int(aLawToLinear()[aLaw(int16(s))])
		if e, most := distance(a, s), max(8, magnitudeOf(s)/32+8); e > most {
			t.Fatalf("A-law makes %d of %d", a, s)
		}
		u := int(muLawToLinear()[muLaw(int16(s))])
		if e, most := distance(u, s), (magnitudeOf(s)+132)/32+4; e > most && magnitudeOf(s) < 32636 {
			t.Fatalf("µ-law makes %d of %d", u, s)
		}
	}
}

func TestG711SilenceIsTheByteTelephonesSend(t *testing.T) {
	for c, want := range map[media.Codec]byte{media.PCMU: 0xff, media.PCMA: 0xd5} {
		e, err := NewEncoder(c, 8000)
		if err != nil {
			t.Fatal(err)
		}
		out := make([]byte, 1)
		if n, err := e.Encode([]int16{0}, out); n != 1 || err != nil || out[0] != want {
			t.Errorf("%v: %x, %v; want %x", c, out[:n], err, want)
		}
	}
}

func distance(a, b int) int { return magnitudeOf(a - b) }

func magnitudeOf(v int) int { return max(v, -v) }
