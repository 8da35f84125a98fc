package bench

import (
	"errors"
	"testing"
)

func TestTheLargestNumberIsFound(t *testing.T) {
	for _, c := range []struct{ start, limit, truth, least int }{
		{50, 1000, 1000, 950}, {50, 1000, 999, 950}, {50, 1000, 400, 380}, {50, 1000, 137, 130}, {50, 1000, 50, 50},
		{50, 1000, 7, 7}, {50, 1000, 1, 1}, {50, 1000, 0, 0}, {50, 10, 10, 10}, {1, 1, 1, 1}, {0, 10, 10, 10},
	} {
		for name, hold := range map[string]func(n int) int{
			"nobody knows": func(int) int { return 0 }, "true": func(int) int { return c.truth },
			"too little": func(n int) int { return (n + c.truth) / 2 }, "too much": func(n int) int { return 2 * c.truth },
		} {
			tries := 0
			got, err := largest(c.start, c.limit, func(n int) (trial, error) {
				if tries++; n < 1 || n > c.limit {
					t.Fatalf("%+v: %d was tried", c, n)
				}
				return trial{n <= c.truth, hold(n)}, nil
			})
			if err != nil || got < c.least || got > c.truth || tries > 30 {
				t.Errorf("%+v, %s: found %d (%v) in %d tries", c, name, got, err, tries)
			}
		}
	}
}

func TestASearchThatIsToldWhatHoldsIsShort(t *testing.T) {
	tries := 0
	got, err := largest(125, 1000, func(n int) (trial, error) {
		tries++
		return trial{n <= 500, min(500, 250+n/2)}, nil // each costs less the more there are
	})
	if err != nil || got < 475 || tries > 8 {
		t.Errorf("found %d (%v) in %d tries", got, err, tries)
	}
}

func TestASearchWithoutTimeKeepsWhatItHas(t *testing.T) {
	got, err := largest(50, 1000, func(n int) (trial, error) {
		if n > 100 {
			return trial{}, errTime
		}
		return trial{true, 110}, nil
	})
	if got != 99 || err != nil {
		t.Errorf("found %d, %v", got, err)
	}
}

func TestASearchEndsWithItsFirstError(t *testing.T) {
	broken := errors.New("broken")
	if _, err := largest(50, 1000, func(int) (trial, error) { return trial{}, broken }); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}
