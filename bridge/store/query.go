package store

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"switchgram/bridge"
)

// Order is that of found calls.
type Order string

// The orders.
const (
	Newest  Order = ""        // the last to begin first
	Oldest  Order = "oldest"  // the first to begin first
	Longest Order = "longest" // by how long caller and callee heard each other
)

// Query says which calls are asked for. Every field narrows; the zero Query is all calls, the newest first.
type Query struct {
	From, To   time.Time      // it began at From or later, and before To
	Direction  string         // bridge.Inward, Outward or Inside; empty: any
	Line       string         // its whole name
	Number     string         // or a part of it, or a username, of anybody in the call; how it is written does not matter
	Name       string         // or a part of it, of anybody in the call
	Text       string         // words or parts of words, all of which stand in numbers, names, notes or the reference, in any script
	AnsweredBy string         // address, or number or a part of it: sip:1000, 1000
	Causes     []bridge.Cause // one of these
	Shortest   time.Duration  // they heard each other for at least that long
	Longest    time.Duration  // and at most that long; 0: any

	Answered, Missed, Recorded, Noted, Running Tri

	Order Order
	Limit int    // calls on a page, 1 to MaxPage; 0: 50
	After string // Page.Next of the page before
}

// MaxPage is how many calls a page has at most.
const MaxPage = 1000

const defaultPage = 50

// Tri is a condition that may be absent.
type Tri uint8

// The values of a Tri.
const (
	Any Tri = iota
	Yes
	No
)

// ErrQuery: a query asks for what cannot be.
var ErrQuery = errors.New("store: query")

// where is a condition on calls in SQL, which is right by itself, and for SQLite one for the full-text index, which is right about every call that
// the first is right about, and fast.
type where struct {
	sql     []string
	args    []any
	grams   []string // to be found there
	without []string // not to be
	rare    bool     // grams are of few calls, probably
}

// and adds a condition; every $ in it stands for the value.
func (w *where) and(sql string, value any) {
	w.args = append(w.args, value)
	w.sql = append(w.sql, strings.ReplaceAll(sql, "$", "$"+strconv.Itoa(len(w.args))))
}

// flag adds a condition on a column of 0 and 1.
func (w *where) flag(t Tri, column, mark string) {
	switch {
	case t == Yes:
		w.and(column+" = $", 1)
		w.grams = appendMark(w.grams, mark)
	case t == No:
		w.and(column+" = $", 0)
		w.without = appendMark(w.without, mark)
	}
}

func appendMark(all []string, mark string) []string {
	if mark == "" {
		return all
	}
	return append(all, quote(mark))
}

// has adds that a folded text stands somewhere in a column, whose pieces in the index have a mark. Folded texts have no character that LIKE takes for
// another.
func (w *where) has(column, mark, folded string) {
	w.and(column+" LIKE $", "%"+folded+"%")
	for word := range strings.FieldsSeq(folded) {
		if n := needles(word, mark); n != "" {
			w.grams, w.rare = append(w.grams, n), true
		}
	}
}

// conditions are those of a query, but for its page.
func (q Query) conditions() (w where, err error) {
	if !q.From.IsZero() {
		w.and("calls.n >= $", q.From.UnixMicro())
	}
	if !q.To.IsZero() {
		w.and("calls.n < $", q.To.UnixMicro())
	}
	if q.Line != "" {
		w.and("line = $", q.Line)
		w.grams = append(w.grams, quote(lineMark(q.Line)))
	}
	switch q.Direction {
	case "":
	case bridge.Inward, bridge.Outward, bridge.Inside:
		w.and("direction = $", q.Direction)
		w.grams = append(w.grams, quote(directionMark(q.Direction)))
	default:
		return w, fmt.Errorf("%w: direction %q: want in, out or inside", ErrQuery, q.Direction)
	}
	w.flag(q.Answered, "answered", answeredMark)
	w.flag(q.Missed, "missed", missedMark)
	w.flag(q.Recorded, "recorded", recordedMark)
	w.flag(q.Noted, "noted", notedMark)
	w.flag(q.Running, "running", "")
	q.causes(&w)
	if q.Shortest > 0 {
		w.and("talk >= $", q.Shortest.Milliseconds())
	}
	if q.Longest > 0 {
		w.and("talk <= $", q.Longest.Milliseconds())
	}
	return w, q.texts(&w)
}

func (q Query) causes(w *where) {
	if len(q.Causes) == 0 {
		return
	}
	var places, marks []string
	for _, c := range q.Causes {
		w.args = append(w.args, int(c))
		places = append(places, "$"+strconv.Itoa(len(w.args)))
		marks = append(marks, quote(causeMark(int(c))))
	}
	w.sql = append(w.sql, "cause IN ("+strings.Join(places, ", ")+")")
	w.grams, w.rare = append(w.grams, "("+strings.Join(marks, " OR ")+")"), true
}

// texts are the conditions on what stands in a record.
func (q Query) texts(w *where) error {
	for _, t := range []struct{ name, column, mark, asked, folded string }{
		{"number", "numbers", "", q.Number, joined(q.Number)},
		{"name", "names", "", q.Name, fold(q.Name)},
		{"answered by", "answered_by", answererMark, q.AnsweredBy, number(q.AnsweredBy)},
	} {
		switch {
		case t.asked == "":
		case t.folded == "":
			return fmt.Errorf("%w: %s %q has neither letters nor digits", ErrQuery, t.name, t.asked)
		default:
			w.has(t.column, t.mark, t.folded)
		}
	}
	if q.Text == "" {
		return nil
	}
	words := strings.Fields(fold(q.Text))
	if numeric(q.Text) {
		words = []string{digits(q.Text)}
	}
	if len(words) == 0 {
		return fmt.Errorf("%w: text %q has neither letters nor digits", ErrQuery, q.Text)
	}
	for _, word := range words {
		w.has("words", "", word)
	}
	return nil
}

// page adds order and limit to the conditions, and returns the statement.
func (q Query) page(w where, kind engine) (statement string, args []any, err error) {
	if err := q.after(&w); err != nil {
		return "", nil, err
	}
	from, key := "calls", "calls.n"
	if kind == sqliteEngine && len(w.grams) > 0 && (w.rare || q.Order != Longest) { // what is found so is to be sorted for Longest
		match := strings.Join(w.grams, " AND ")
		for _, mark := range w.without {
			match += " NOT " + mark
		}
		// CROSS JOIN keeps the index outside: it yields calls in the order wanted (sqlite.org/optoverview.html#crossjoin).
		from, key = "call_grams CROSS JOIN calls ON calls.n = call_grams.rowid", "call_grams.rowid"
		w.and("call_grams MATCH $", match)
		for i, s := range w.sql {
			w.sql[i] = strings.ReplaceAll(s, "calls.n ", key+" ")
		}
	}
	statement = "SELECT calls.n FROM " + from
	if len(w.sql) > 0 {
		statement += " WHERE " + strings.Join(w.sql, " AND ")
	}
	statement += " ORDER BY " + q.order(key) + " LIMIT " + strconv.Itoa(q.limit()+1)
	return selectRows + " WHERE calls.n IN (" + statement + ") ORDER BY " + q.order("calls.n"), w.args, nil
}

func (q Query) order(key string) string {
	switch q.Order {
	case Oldest:
		return key
	case Longest:
		return "talk DESC, calls.n DESC"
	default:
		return key + " DESC"
	}
}

func (q Query) limit() int {
	if q.Limit <= 0 {
		return defaultPage
	}
	return min(q.Limit, MaxPage)
}

// after adds where the page begins.
func (q Query) after(w *where) error {
	switch q.Order {
	case Newest, Oldest, Longest:
	default:
		return fmt.Errorf("%w: order %q: want oldest or longest", ErrQuery, q.Order)
	}
	if q.After == "" {
		return nil
	}
	talk, n, err := parseCursor(q.After)
	switch {
	case err != nil:
		return err
	case q.Order == Oldest:
		w.and("calls.n > $", n)
	case q.Order == Newest:
		w.and("calls.n < $", n)
	default:
		w.args = append(w.args, talk, n)
		w.sql = append(w.sql, fmt.Sprintf("(talk, calls.n) < ($%d, $%d)", len(w.args)-1, len(w.args)))
	}
	return nil
}

// cursor names a row's place in every order.
func (r *row) cursor() string {
	return strconv.FormatInt(r.talk().Milliseconds(), 10) + "." + strconv.FormatInt(r.n, 10)
}

func parseCursor(s string) (talk, n int64, err error) {
	first, second, _ := strings.Cut(s, ".")
	talk, err = strconv.ParseInt(first, 10, 64)
	if err == nil {
		n, err = strconv.ParseInt(second, 10, 64)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("%w: %q is not where a page ended", ErrQuery, s)
	}
	return talk, n, nil
}
