package sound

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"testing"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4/pkg/media/oggwriter"

	"switchgram/bridge/media"
	"switchgram/bridge/room/codec"
)

// tonePackets are Opus packets of a tone.
func tonePackets(t testing.TB, hz float64, n int) (all [][]byte) {
	t.Helper()
	enc, err := codec.NewEncoder(media.Opus, 48000)
	if err != nil {
		t.Fatal(err)
	}
	tone, pcm := NewTone(hz, 0.3), make([]int16, 960)
	for range n {
		out := make([]byte, codec.MaxPacket)
		tone.Fill(pcm, 48000)
		k, err := enc.Encode(pcm, out)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, out[:k])
	}
	return all
}

// oggFile makes an Ogg file of packets, in pages of so many segments; packets go on from page to page where they must.
func oggFile(packets [][]byte, segments int, end uint64) []byte {
	var lacing, body, file []byte
	seq, goesOn := uint32(0), byte(0)
	page := func(flags byte) {
		h := make([]byte, oggHeader)
		copy(h, "OggS")
		h[5] = flags | goesOn
		binary.LittleEndian.PutUint64(h[6:], end)
		binary.LittleEndian.PutUint32(h[14:], 7)
		binary.LittleEndian.PutUint32(h[18:], seq)
		h[26] = byte(len(lacing))
		binary.LittleEndian.PutUint32(h[22:], oggSum(oggSum(oggSum(0, h), lacing), body))
		file = append(append(append(file, h...), lacing...), body...)
		goesOn = 0
		if len(lacing) > 0 && lacing[len(lacing)-1] == 255 {
			goesOn = oggContinued
		}
		lacing, body, seq = nil, nil, seq+1
	}
	for i, p := range packets {
		for {
			n := min(len(p), 255)
			lacing, body = append(lacing, byte(n)), append(body, p[:n]...)
			p = p[n:]
			if len(lacing) == segments {
				page(0)
			}
			if n < 255 {
				break
			}
		}
		if i == 0 {
			page(oggFirst)
		}
	}
	page(oggLast)
	return file
}

func opusHead(skip uint16, gain int16) []byte {
	h := append([]byte("OpusHead\x01\x01"), 0, 0, 0x80, 0xbb, 0, 0, 0, 0, 0)
	binary.LittleEndian.PutUint16(h[10:], skip)
	binary.LittleEndian.PutUint16(h[16:], uint16(gain))
	return h
}

func TestAnOpusFileIsPlayed(t *testing.T) {
	made, err := os.ReadFile("testdata/tone.opus")
	if err != nil {
		t.Fatal(err)
	}
	tone := tonePackets(t, 700, 100)
	own := append([][]byte{opusHead(312, 0), []byte("OpusTags")}, tone...)
	for name, c := range map[string]struct {
		file    []byte
		seconds float64
	}{
		"ffmpeg":                 {made, 1.23},
		"pion, a packet a page":  {pionFile(t, tone), 1.92},
		"pages of three":         {oggFile(own, 3, 312+72000), 1.5},
		"packets go on":          {oggFile(append(own[:2:2], append([][]byte{bytes.Repeat([]byte{0xff}, 600)}, tone...)...), 2, 312+72000), 1.5},
		"broken off in the page": {oggFile(own, 3, 0)[:5000], 0},
	} {
		for _, rate := range []int{8000, 16000, 48000} {
			src, err := ReadOpus(bytes.NewReader(c.file))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			pcm := make([]int16, 3*rate)
			n := src.Fill(pcm, rate)
			if h := Measure(pcm[rate/10:n], rate); math.Abs(h.Hz-700) > 2 || h.Share < 0.95 {
				t.Errorf("%s at %d Hz: %v", name, rate, h)
			}
			if got := float64(n) / float64(rate); c.seconds > 0 && math.Abs(got-c.seconds) > 0.03 {
				t.Errorf("%s at %d Hz: %.3f s, want %.3f", name, rate, got, c.seconds)
			}
		}
	}
}

func pionFile(t *testing.T, packets [][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := oggwriter.NewWith(&b, 48000, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range packets {
		if err := w.WriteRTP(&rtp.Packet{Header: rtp.Header{SequenceNumber: uint16(i), Timestamp: uint32(960 * i)}, Payload: p}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestTheGainOfAFileIsHeard(t *testing.T) {
	packets := append([][]byte{opusHead(0, -12*256), []byte("OpusTags")}, tonePackets(t, 500, 50)...)
	src, err := ReadOpus(bytes.NewReader(oggFile(packets, 100, 0)))
	if err != nil {
		t.Fatal(err)
	}
	if _, as := src.(interface{ NextPacket() ([]byte, bool) }); as {
		t.Error("its packets are to be sent as they are")
	}
	pcm := make([]int16, 48000)
	src.Fill(pcm, 48000)
	if h := Measure(pcm[4800:], 48000); math.Abs(h.Level+22.5) > 1 {
		t.Errorf("heard %v, want -22.5 dB", h)
	}
}

func TestALoopedFileBeginsAgain(t *testing.T) {
	f, err := os.Open("testdata/tone.opus")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	src, err := ReadOpus(f)
	if err != nil {
		t.Fatal(err)
	}
	o := src.(*OpusPackets)
	o.Loop()
	if n := o.Fill(make([]int16, 80000), 16000); n != 80000 {
		t.Errorf("%d samples of 80000", n)
	}
	for range 100 {
		if _, ok := o.NextPacket(); !ok {
			t.Fatal("the packets have an end")
		}
	}
}

func TestWhatIsNoOpusFileIsRefused(t *testing.T) {
	tone := tonePackets(t, 500, 3)
	good := func(head []byte) []byte { return oggFile(append([][]byte{head, []byte("OpusTags")}, tone...), 9, 0) }
	wrong := good(opusHead(0, 0))
	wrong[len(wrong)-1]++
	five, family := opusHead(0, 0), opusHead(0, 0)
	five[9], family[18] = 5, 1
	for name, file := range map[string][]byte{
		"empty":           {},
		"a WAV file":      wavFile(t, make([]int16, 100), 8000),
		"Vorbis":          oggFile([][]byte{[]byte("\x01vorbis"), {0}, {0}, {0}}, 9, 0),
		"headers only":    oggFile([][]byte{opusHead(0, 0), []byte("OpusTags")}, 9, 0),
		"no Opus in it":   oggFile([][]byte{opusHead(0, 0), []byte("OpusTags"), []byte("\xfb\x00")}, 9, 0),
		"wrong checksum":  wrong[:len(wrong):len(wrong)],
		"five channels":   good(five),
		"another mapping": good(family),
		"endless packet":  oggFile([][]byte{opusHead(0, 0), bytes.Repeat([]byte{1}, 70000), {0}}, 255, 0),
		"cut in a header": good(opusHead(0, 0))[:20],
	} {
		if _, err := ReadOpus(bytes.NewReader(file)); !errors.Is(err, ErrOgg) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func FuzzReadOpus(f *testing.F) {
	f.Add(oggFile(append([][]byte{opusHead(312, 0), []byte("OpusTags")}, tonePackets(f, 500, 5)...), 2, 3000))
	f.Add([]byte("OggS\x00\x02"))
	f.Fuzz(func(t *testing.T, file []byte) {
		src, err := ReadOpus(bytes.NewReader(file))
		if err != nil {
			return
		}
		for _, rate := range []int{48000, 8000} {
			src.Fill(make([]int16, 5000), rate)
		}
	})
}
