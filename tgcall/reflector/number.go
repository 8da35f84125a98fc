package reflector

import "slices"

// Number gives the reflectors of a call the ids by which candidates name them: the place, from 1, of each phoneConnection's id in the
// sorted set of all. ids holds the id of every phoneConnection of the call, UDP and TCP alike.
//
// Both sides must count alike, and apps do not quite: this is how Telegram Desktop does it, while the apps for telephones (NumberMobile)
// count an id that comes twice twice. The two differ only then, which repeated tells, and which nobody is known to have seen.
func Number(ids []int64) (place map[int64]int, repeated bool) {
	sorted := slices.Compact(slices.Sorted(slices.Values(ids)))
	return places(sorted), len(sorted) < len(ids)
}

// NumberMobile counts as Telegram's apps for Android and iOS do: in the sorted list, where of an id that comes twice the last place
// counts.
func NumberMobile(ids []int64) map[int64]int { return places(slices.Sorted(slices.Values(ids))) }

func places(sorted []int64) map[int64]int {
	place := make(map[int64]int, len(sorted))
	for i, id := range sorted {
		place[id] = i + 1
	}
	return place
}
