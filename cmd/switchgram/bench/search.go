package bench

import "errors"

// errTime is what a try returns when there is no time for it.
var errTime = errors.New("no time left")

// largest finds the largest number from 1 to limit that fits, to a twentieth: it doubles from start until one does not fit, and bisects then. If
// not even start fits it goes down from there. 0: nothing fits. A try that returns errTime ends the search with what has been found; any other error ends
// it.
func largest(start, limit int, fits func(n int) (bool, error)) (int, error) {
	good, bad := 0, limit+1
	for n := min(start, limit); bad-good > max(1, good/20); {
		ok, err := fits(n)
		switch {
		case errors.Is(err, errTime):
			return good, nil
		case err != nil:
			return good, err
		case ok:
			good = n
		default:
			bad = n
		}
		n = next(good, bad, limit)
	}
	return good, nil
}

// next is the number to try after these.
func next(good, bad, limit int) int {
	if good > 0 && bad > limit {
		return min(2*good, limit)
	}
	return (good + bad) / 2
}
