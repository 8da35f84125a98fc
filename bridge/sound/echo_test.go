package sound

import (
	"testing"
	"time"
)

// TestAnEchoComesAfterItsDelay, at whatever rate it is played, and again when nothing has come for a while.
func TestAnEchoComesAfterItsDelay(t *testing.T) {
	const blocks = 50 // of 20 ms
	for _, rate := range []int{8000, 48000} {
		e := NewEcho(200 * time.Millisecond)
		for range 2 {
			first := -1
			said := make([]int16, 48000/50)
			said[0] = 20000
			for i := range 2 * blocks {
				if i < blocks {
					e.Add(said, 48000)
				}
				heard := make([]int16, rate/50)
				if n := e.Fill(heard, rate); n != len(heard) {
					t.Fatalf("it ended after %d samples", n)
				}
				for k, s := range heard {
					if first < 0 && s > 1000 {
						first = i*20 + k*1000/rate
					}
				}
				clear(said)
			}
			if first < 200 || first > 260 {
				t.Errorf("at %d Hz it came after %d ms", rate, first)
			}
		}
	}
}

// TestAnEchoThatNobodyPlaysKeepsTheNewest: it is no later for what it could not play.
func TestAnEchoThatNobodyPlaysKeepsTheNewest(t *testing.T) {
	e := NewEcho(0)
	for i := range int16(100) {
		e.Add([]int16{i, i, i, i, i, i, i, i, i, i}, 100) // 100 ms each
	}
	heard := make([]int16, 20)
	if e.Fill(heard, 100); heard[0] != 98 || heard[19] != 99 {
		t.Errorf("heard %v", heard)
	}
}
