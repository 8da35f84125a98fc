package reflector_test

import (
	"maps"
	"testing"

	"switchgram/tgcall/reflector"
)

func TestNamesThatAreNone(t *testing.T) {
	for _, s := range []string{
		"", "reflector-1-2", "1-2.reflector", "reflector-1.reflector", "reflector--2.reflector", "reflector-0-2.reflector",
		"reflector-1-0.reflector", "reflector-1-4294967296.reflector", "reflector-1--2.reflector", "reflector-+1-2.reflector",
		"reflector-99999999999999999999-2.reflector", "reflector-1-2.reflector.example.org",
	} {
		if id, tag, ok := reflector.ParseName(s); ok {
			t.Errorf("%q is %d, %d", s, id, tag)
		}
	}
}

func FuzzParseName(f *testing.F) {
	f.Add("reflector-1-16909060.reflector")
	f.Add("reflector-01-4294967295.reflector")
	f.Add("reflector-1--1.reflector")
	f.Fuzz(func(t *testing.T, s string) {
		id, tag, ok := reflector.ParseName(s)
		if !ok {
			return
		}
		if i, u, ok := reflector.ParseName(reflector.Name(id, tag)); !ok || i != id || u != tag {
			t.Errorf("%q is %d, %d, then %d, %d, %v", s, id, tag, i, u, ok)
		}
	})
}

func TestReflectorsAreNumberedInTheOrderOfTheirIDs(t *testing.T) {
	for _, c := range []struct {
		ids      []int64
		want     map[int64]int
		repeated bool
	}{
		{nil, map[int64]int{}, false},
		{[]int64{900, -5, 100}, map[int64]int{-5: 1, 100: 2, 900: 3}, false},
		{[]int64{900, 100, 100}, map[int64]int{100: 1, 900: 2}, true},
	} {
		got, repeated := reflector.Number(c.ids)
		if !maps.Equal(got, c.want) || repeated != c.repeated {
			t.Errorf("%v: %v, %v", c.ids, got, repeated)
		}
	}
}
