package recording

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"switchgram/bridge/media"
)

// aSpool is a short one of a call.
func aSpool(t testing.TB) []byte {
	t.Helper()
	text := appendRecord([]byte(magic), headKind, 0, []byte(`{"call":"1-1"}`))
	text = appendSource(text, 0, 3, Right, media.PCMA)
	k := newTalker(&testing.T{}, Right, media.PCMA)
	for n := range 3 {
		text = appendPacket(text, time.Duration(n)*20*time.Millisecond, 3, k.packet(500).Packet)
	}
	text = appendRecord(text, pauseKind, time.Second)
	text = appendRecord(text, resumeKind, 2*time.Second)
	return appendRecord(text, tailKind, 3*time.Second, []byte(`{"lost":5}`))
}

// read reads a spool to its end.
func read(text []byte) (all []record, err error) {
	r, _, err := newReader(bytes.NewReader(text))
	for err == nil {
		var rec record
		if rec, err = r.next(); err == nil {
			rec.data = bytes.Clone(rec.data)
			all = append(all, rec)
		}
	}
	return all, err
}

func TestASpoolThatBreaksOffIsReadUpToThere(t *testing.T) {
	text := aSpool(t)
	whole, err := read(text)
	if len(whole) != 7 || !errors.Is(err, io.EOF) {
		t.Fatalf("%d records, %v", len(whole), err)
	}
	for n := range text {
		got, err := read(text[:n])
		if !errors.Is(err, io.EOF) && !errors.Is(err, errCut) || len(got) > len(whole) {
			t.Fatalf("cut after %d bytes: %d records, %v", n, len(got), err)
		}
		for i, rec := range got {
			if rec.kind != whole[i].kind || rec.at != whole[i].at || !bytes.Equal(rec.data, whole[i].data) {
				t.Fatalf("cut after %d bytes: record %d is %v, want %v", n, i, rec, whole[i])
			}
		}
	}
}

func TestADamagedRecordIsTheLast(t *testing.T) {
	text := aSpool(t)
	text[len(text)-100] ^= 1
	got, err := read(text)
	if !errors.Is(err, errCut) || len(got) >= 7 {
		t.Errorf("%d records, %v", len(got), err)
	}
}

func FuzzReader(f *testing.F) {
	f.Add(aSpool(f))
	f.Add([]byte(magic))
	f.Add(appendRecord(appendRecord([]byte(magic), headKind, 0, []byte("{}")), packetKind, 1<<62, []byte("x")))
	f.Fuzz(func(t *testing.T, text []byte) {
		all, err := read(text)
		if err == nil {
			t.Fatal("it has no end")
		}
		for _, rec := range all {
			if id, p, ok := rec.packet(); ok && (len(p.payload) == 0 || len(p.payload) > maxBody) {
				t.Errorf("a packet of %d bytes from %d", len(p.payload), id)
			}
			if _, on, c, ok := rec.source(); ok && (on > Right || c == media.NoCodec) {
				t.Errorf("a source on side %d that speaks %v", on, c)
			}
		}
	})
}
