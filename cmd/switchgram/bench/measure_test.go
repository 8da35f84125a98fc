package bench

import (
	"runtime"
	"testing"
)

func TestGarbageLiesAboutWhileItIsMeasured(t *testing.T) {
	collections := func() uint32 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.NumGC
	}
	litter := func() {
		var kept []byte
		for range 16 {
			kept = make([]byte, 4<<20)
		}
		runtime.KeepAlive(kept)
	}
	tidy := untidy()
	before := collections()
	litter()
	during := collections()
	tidy()
	if during != before {
		t.Errorf("%d collections", during-before)
	}
	if litter(); collections() == during {
		t.Error("nothing is collected afterwards, either")
	}
}
