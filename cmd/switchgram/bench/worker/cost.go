package worker

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// Cost is what a function took by itself, as `go tool pprof -top` shows under "flat". What C code and the system took counts for the function of Go
// that called them, and is named so: "system in net.(*UDPConn).WriteTo".
type Cost struct {
	Function string
	Share    float64 // of the whole profile, 0 to 1
}

// Fields of https://github.com/google/pprof/blob/main/proto/profile.proto that are needed.
const (
	profileSample, profileLocation, profileFunction, profileString = 2, 4, 5, 6
	sampleLocation, sampleValue                                    = 1, 2
	locationID, locationLine, lineFunction                         = 1, 4, 1
	functionID, functionName                                       = 1, 2
)

var errProfile = errors.New("no profile")

// table is a profile as far as it is needed.
type table struct {
	stacks    []stack
	functions map[uint64]uint64 // by location: the innermost function
	names     map[uint64]uint64 // by function: the index of its name
	strings   []string
}

// stack is a sample: locations, the innermost first, and the CPU time that was spent there.
type stack struct {
	locations []uint64
	spent     uint64
}

// costs are the functions of an uncompressed profile, the most expensive first.
func costs(raw []byte) ([]Cost, error) {
	t := table{functions: map[uint64]uint64{}, names: map[uint64]uint64{}}
	if err := eachField(raw, t.read); err != nil {
		return nil, err
	}
	by, total := map[string]uint64{}, uint64(0)
	for _, s := range t.stacks {
		by[t.blame(s.locations)] += s.spent
		total += s.spent
	}
	var all []Cost
	for _, name := range slices.Sorted(maps.Keys(by)) {
		all = append(all, Cost{name, float64(by[name]) / float64(max(1, total))})
	}
	slices.SortStableFunc(all, func(a, b Cost) int { return cmp.Compare(b.Share, a.Share) })
	return all, nil
}

// Functions in which C code and the system show, and those that only lead there.
var (
	outside   = map[string]string{"runtime.cgocall": "C", "linux.Syscall6": "system"}
	goBetween = []string{"syscall.", "poll.", "runtime.", "sync.(*Pool)"}
)

// blame is the function that a stack's time counts for.
func (t *table) blame(locations []uint64) string {
	where, out := outside[t.name(locations[0])]
	if !out {
		return t.name(locations[0])
	}
	for _, l := range locations[1:] {
		name := t.name(l)
		between := slices.ContainsFunc(goBetween, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
		if !between && !strings.Contains(name, "_Cfunc_") && !strings.Contains(name, ".func") {
			return where + " in " + name
		}
	}
	return where
}

// name is the function of a location, without the path of its package.
func (t *table) name(location uint64) string {
	at := t.names[t.functions[location]]
	if at >= uint64(len(t.strings)) {
		return "?"
	}
	name := t.strings[at]
	return name[strings.LastIndexByte(name, '/')+1:]
}

// read takes one field of the profile.
func (t *table) read(field protowire.Number, number uint64, b []byte) error {
	switch field {
	case profileString:
		t.strings = append(t.strings, string(b))
	case profileSample:
		return t.sample(b)
	case profileLocation:
		return t.location(b)
	case profileFunction:
		var id, name uint64
		err := eachField(b, func(field protowire.Number, v uint64, _ []byte) error {
			switch field {
			case functionID:
				id = v
			case functionName:
				name = v
			}
			return nil
		})
		t.names[id] = name
		return err
	}
	return nil
}

// sample is a stack, the innermost location first, and what was measured there: a count and nanoseconds.
func (t *table) sample(b []byte) error {
	var locations, values []uint64
	err := eachField(b, func(field protowire.Number, v uint64, packed []byte) (err error) {
		switch field {
		case sampleLocation:
			locations, err = numbers(locations, v, packed)
		case sampleValue:
			values, err = numbers(values, v, packed)
		}
		return err
	})
	if err == nil && len(locations) > 0 && len(values) > 0 {
		t.stacks = append(t.stacks, stack{locations, values[len(values)-1]})
	}
	return err
}

func (t *table) location(b []byte) error {
	var id, function uint64
	err := eachField(b, func(field protowire.Number, v uint64, line []byte) error {
		switch {
		case field == locationID:
			id = v
		case field == locationLine && function == 0: // the first is the innermost of those that were inlined
			return eachField(line, func(field protowire.Number, v uint64, _ []byte) error {
				if field == lineFunction {
					function = v
				}
				return nil
			})
		}
		return nil
	})
	t.functions[id] = function
	return err
}

// numbers appends a repeated field, which is packed or not.
func numbers(to []uint64, one uint64, packed []byte) ([]uint64, error) {
	if packed == nil {
		return append(to, one), nil
	}
	for len(packed) > 0 {
		v, n := protowire.ConsumeVarint(packed)
		if n < 0 {
			return nil, errProfile
		}
		to, packed = append(to, v), packed[n:]
	}
	return to, nil
}

// eachField walks over a message: numbers come as such, everything else as bytes.
func eachField(b []byte, do func(field protowire.Number, number uint64, bytes []byte) error) error {
	for len(b) > 0 {
		field, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return errProfile
		}
		b = b[n:]
		var number uint64
		var bytes []byte
		switch kind {
		case protowire.VarintType:
			number, n = protowire.ConsumeVarint(b)
		case protowire.BytesType:
			bytes, n = protowire.ConsumeBytes(b)
		default:
			n = protowire.ConsumeFieldValue(field, kind, b)
		}
		if n < 0 {
			return errProfile
		}
		if err := do(field, number, bytes); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}
