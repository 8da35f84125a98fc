package stream

import (
	"encoding/json"
	"errors"
	"io"
	"sync"
	"testing"
	"time"

	"switchgram/bridge"
)

// BenchmarkAHundredReaders tells a hundred readers, each over a connection of its own, of as many events as it can: of b.N, in groups of 100.
func BenchmarkAHundredReaders(b *testing.B) {
	const readers = 100
	kept := &shelf{}
	s := run(b, kept, Options{})
	text, err := json.Marshal(bridge.Event{
		Version: bridge.EventVersion, Kind: bridge.CallMissed, At: time.Unix(1_800_000_000, 0).UTC(), Call: "6a1f3c2b-17", Line: "sales",
		From: "tg:+4930123456", To: "sip:1000", Caller: bridge.Party{Phone: "+4930123456", FirstName: "Анна", LastName: "Ковалёва"},
	})
	if err != nil {
		b.Fatal(err)
	}
	size := 0
	for i := range b.N {
		size += len(framesOf([]Entry{{ID: int64(i + 1), Kind: bridge.CallMissed, JSON: text}}, time.Time{})[0].text)
	}
	var done sync.WaitGroup
	for range readers {
		l := s.listen("after=0")
		done.Go(func() {
			if n, err := io.CopyN(io.Discard, l.answer.Body, int64(size)); err != nil && !errors.Is(err, io.EOF) {
				b.Errorf("after %d of %d bytes: %v", n, size, err)
			}
		})
	}
	b.ResetTimer()
	for i := range b.N {
		kept.put(Entry{Kind: bridge.CallMissed, Line: "sales", JSON: text})
		if i%100 == 99 {
			s.Wake()
		}
	}
	s.Wake()
	done.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(readers*b.N)/b.Elapsed().Seconds(), "told/s")
}
