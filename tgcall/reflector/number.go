package reflector

import "slices"

// Number gives the reflectors of a call the ids by which candidates name them: the place, from 1, of each phoneConnection's id in the
// sorted set of all. ids holds the id of every phoneConnection of the call, UDP and TCP alike.
//
// Both sides must count alike, and apps do not quite: this is how Telegram Desktop does it, while the apps for telephones count an id that
// comes twice twice. The two differ only then, which repeated tells, and which nobody is known to have seen.
func Number(ids []int64) (place map[int64]int, repeated bool) {
	sorted := slices.Compact(slices.Sorted(slices.Values(ids)))
	place = make(map[int64]int, len(sorted))
	for i, id := range sorted {
		place[id] = i + 1
	}
	return place, len(sorted) < len(ids)
}
