package bench

import "errors"

// errTime is what a try returns when there is no time for it.
var errTime = errors.New("no time left")

// trial is what came of a number that was tried.
type trial struct {
	fits bool
	hold int // that would, going by what this one cost; 0: nobody knows
}

// largest finds the largest number from 1 to limit that fits, to a twentieth. It begins with start, goes up as far as what fits promises, until
// something does not, and bisects then. If not even start fits it goes down from there. 0: nothing fits. A try that returns errTime ends
// the search with what has been found; any other error ends it.
func largest(start, limit int, try func(n int) (trial, error)) (int, error) {
	good, bad := 0, limit+1
	for n := max(1, min(start, limit)); bad-good > max(1, good/20); {
		t, err := try(n)
		switch {
		case errors.Is(err, errTime):
			return good, nil
		case err != nil:
			return good, err
		case t.fits:
			good = n
		default:
			bad = n
		}
		n = next(good, bad, limit, t.hold)
	}
	return good, nil
}

// next is the number to try after these. What would hold is too little where a call costs less the more there are, and a little too much where not.
func next(good, bad, limit, hold int) int {
	if good > 0 && bad > limit {
		return min(max(hold-hold/10, good+good/8+1), 4*good, limit)
	}
	return (good + bad) / 2
}
