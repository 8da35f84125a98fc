package bench

import (
	"errors"
	"testing"
)

func TestTheLargestNumberIsFound(t *testing.T) {
	for _, c := range []struct{ start, limit, truth, least int }{
		{50, 1000, 1000, 1000}, {50, 1000, 999, 950}, {50, 1000, 400, 380}, {50, 1000, 137, 130}, {50, 1000, 50, 50},
		{50, 1000, 7, 7}, {50, 1000, 1, 1}, {50, 1000, 0, 0}, {50, 10, 10, 10}, {1, 1, 1, 1},
	} {
		tries := 0
		got, err := largest(c.start, c.limit, func(n int) (bool, error) {
			if tries++; n < 1 || n > c.limit {
				t.Fatalf("%+v: %d was tried", c, n)
			}
			return n <= c.truth, nil
		})
		if err != nil || got < c.least || got > c.truth || tries > 14 {
			t.Errorf("%+v: found %d (%v) in %d tries", c, got, err, tries)
		}
	}
}

func TestASearchWithoutTimeKeepsWhatItHas(t *testing.T) {
	got, err := largest(50, 1000, func(n int) (bool, error) {
		if n > 100 {
			return false, errTime
		}
		return true, nil
	})
	if got != 100 || err != nil {
		t.Errorf("found %d, %v", got, err)
	}
}

func TestASearchEndsWithItsFirstError(t *testing.T) {
	broken := errors.New("broken")
	if _, err := largest(50, 1000, func(int) (bool, error) { return false, broken }); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}
