package search

import (
	"errors"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func leaf(field, op string, value any) map[string]any {
	return map[string]any{"field": field, "op": op, "value": value}
}

func TestCallsAreChosenByATree(t *testing.T) {
	h := hit{
		Start: time.Now().Add(-48 * time.Hour), Caller: "+380501234567", CallerName: "Ann", Called: "100", Bridged: true, BridgedTo: "101", Duration: 65, Route: "city line",
	}
	for name, c := range map[string]struct {
		tree any
		want bool
	}{
		"suffix":     {leaf("caller", "suffix", "501234567"), true},
		"other":      {leaf("caller", "suffix", "7654321"), false},
		"nothing":    {leaf("caller", "suffix", ""), false},
		"recent":     {leaf("start", "ge", "now-30d"), true},
		"not so":     {leaf("start", "ge", "now-24h"), false},
		"between":    {leaf("start", "between", []any{"now-3d", "now-1d"}), true},
		"number":     {leaf("duration", "gt", 9.0), true},
		"boolean":    {leaf("bridged", "eq", true), true},
		"text":       {leaf("text", "text", "aNN"), true},
		"in":         {leaf("route", "in", []any{"test", "city line"}), true},
		"and":        {map[string]any{"and": []any{leaf("missed", "eq", false), leaf("bridged_to", "eq", "101")}}, true},
		"and not":    {map[string]any{"and": []any{leaf("missed", "eq", true), leaf("bridged_to", "eq", "101")}}, false},
		"or":         {map[string]any{"or": []any{leaf("missed", "eq", true), leaf("bridged_to", "eq", "101")}}, true},
		"not":        {map[string]any{"not": leaf("bridged_to", "exists", nil)}, false},
		"all of two": {map[string]any{"and": []map[string]any{leaf("missed", "eq", false), leaf("called", "prefix", "1")}}, true},
	} {
		leaves := 0
		fits, err := condition(c.tree, deepestTree, &leaves)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if fits(h) != c.want {
			t.Errorf("%s: %t", name, !c.want)
		}
	}
}

func TestTreesThatAskForWhatCannotBe(t *testing.T) {
	deep := leaf("caller", "eq", "1")
	for range deepestTree {
		deep = map[string]any{"not": deep}
	}
	wide := map[string]any{"and": []any{}}
	for range mostLeaves + 1 {
		wide["and"] = append(wide["and"].([]any), leaf("caller", "eq", "1"))
	}
	for name, tree := range map[string]any{
		"nothing": nil, "no field": leaf("password", "eq", "x"), "no operator": leaf("caller", "like", "x"), "no time": leaf("start", "ge", "soon"),
		"no number": leaf("duration", "gt", "long"), "half": leaf("start", "between", "now"), "two words": map[string]any{"and": []any{}, "or": []any{}},
		"deep": deep, "wide": wide, "a leaf of nothing": leaf("caller", "eq", nil),
	} {
		leaves := 0
		if _, err := condition(tree, deepestTree, &leaves); !errors.Is(err, ErrFilter) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
