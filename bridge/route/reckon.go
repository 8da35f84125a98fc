package route

import (
	"context"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"switchgram/bridge/route/template"
	"switchgram/bridge/route/tree"
)

// mathStep reckons. What is not a number is "".
type mathStep struct {
	Fn     string   `json:"fn" default:"random" words:"random,abs,ceil,floor,round,max,min,pow,sqrt,add,sub,mul,div,mod"`
	Data   texts    `json:"data" need:"true"`
	SetVar variable `json:"setVar" need:"true"`

	several bool // data is a list
}

func (s *mathStep) check(_ *parser, n *tree.Node) {
	data := n.Get("data")
	s.several = data != nil && data.Kind == tree.List
}

func (s *mathStep) run(ctx context.Context, r *run) error {
	data := s.Data.render(r, template.Raw)
	if s.Fn == "random" {
		return r.set(ctx, s.SetVar, random(data, s.several))
	}
	numbers := make([]float64, 0, len(data))
	for _, d := range data {
		n, err := strconv.ParseFloat(strings.TrimSpace(d), 64)
		if err != nil {
			n = math.NaN()
		}
		numbers = append(numbers, n)
	}
	result := reckon(s.Fn, numbers)
	if math.IsNaN(result) || math.IsInf(result, 0) {
		return r.set(ctx, s.SetVar, "")
	}
	return r.set(ctx, s.SetVar, strconv.FormatFloat(result, 'f', -1, 64))
}

// random is one of several, or a whole number of a range such as 1-6.
func random(data []string, several bool) string {
	if several {
		return data[rand.IntN(len(data))]
	}
	from, to, _ := strings.Cut(data[0], "-")
	a, errA := strconv.ParseInt(strings.TrimSpace(from), 10, 32)
	b, errB := strconv.ParseInt(strings.TrimSpace(to), 10, 32)
	if errA != nil || errB != nil || a > b {
		return ""
	}
	return strconv.FormatInt(a+rand.Int64N(b-a+1), 10)
}

func reckon(fn string, of []float64) float64 {
	switch fn {
	case "abs":
		return math.Abs(of[0])
	case "ceil":
		return math.Ceil(of[0])
	case "floor":
		return math.Floor(of[0])
	case "round":
		return math.Floor(of[0] + 0.5) // as JavaScript does it
	case "sqrt":
		return math.Sqrt(of[0])
	}
	result := of[0]
	for _, n := range of[1:] {
		result = two(fn, result, n)
	}
	return result
}

func two(fn string, a, b float64) float64 {
	switch fn {
	case "max":
		return math.Max(a, b)
	case "min":
		return math.Min(a, b)
	case "pow":
		return math.Pow(a, b)
	case "add":
		return a + b
	case "sub":
		return a - b
	case "mul":
		return a * b
	case "div":
		return a / b
	}
	return math.Mod(a, b)
}
