package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/recording"
)

// threeCalls are of Анна Ковалёва and of O'Brien 李明, and one to Telegram.
func threeCalls(t *testing.T, s *Store) {
	t.Helper()
	ann := annCalls("ann")
	ann.publish(s)
	li := annCalls("li")
	li.at, li.line, li.talk, li.cause = noon.Add(time.Hour), "support", 0, bridge.UserBusy
	li.from, li.caller = bridge.Address{Scheme: "tg", User: "*4242"}, bridge.Party{ID: 4242, FirstName: "O'Brien", LastName: "李明"}
	li.publish(s)
	out := annCalls("out")
	out.at, out.talk = noon.Add(2*time.Hour), 10*time.Minute
	out.from, out.to = bridge.Address{Scheme: "sip", User: "1001"}, bridge.Address{Scheme: "tg", User: "@bob_77"}
	out.caller = bridge.Party{Number: "1001"}
	out.publish(s)
	s.Publish(bridge.NewRecordingReady(recording.Info{ID: "r", Call: "out", Place: "/r.ogg", Size: 1}))
	drained(t, s)
	must(t, s.Annotate(context.Background(), "li", Note{By: "Ёлкин", Text: "Перезвонить! Счёт № 17"}))
}

func ids(calls []Record) (all []string) {
	for _, c := range calls {
		all = append(all, string(c.ID))
	}
	return all
}

// questions are what can be asked of the three calls, and which of them are the answer.
func questions() map[string]question {
	return map[string]question{
		"everything, newest first":         {Query{}, "out li ann"},
		"oldest first":                     {Query{Order: Oldest}, "ann li out"},
		"longest first":                    {Query{Order: Longest}, "out ann li"},
		"from a time":                      {Query{From: noon.Add(time.Hour)}, "out li"},
		"to a time":                        {Query{To: noon.Add(time.Hour)}, "ann"},
		"in":                               {Query{Direction: bridge.Inward}, "li ann"},
		"out":                              {Query{Direction: bridge.Outward}, "out"},
		"line":                             {Query{Line: "support"}, "li"},
		"part of a line's name":            {Query{Line: "supp"}, ""},
		"whole number":                     {Query{Number: "+49 30 123456"}, "ann"},
		"international prefix":             {Query{Number: "0049 (30) 123-456"}, "ann"},
		"national number":                  {Query{Number: "030 123456"}, "ann"},
		"middle of a number":               {Query{Number: "3012"}, "ann"},
		"two digits":                       {Query{Number: "23"}, "ann"},
		"username":                         {Query{Number: "@bob_77"}, "out"},
		"Telegram id":                      {Query{Number: "*4242"}, "li"},
		"surname with е for ё":             {Query{Name: "ковалева"}, "ann"},
		"surname shouted":                  {Query{Name: "КОВАЛЁВА"}, "ann"},
		"ё as two characters":              {Query{Name: "Ковале\u0308ва"}, "ann"},
		"inside of a name":                 {Query{Name: "овал"}, "ann"},
		"name of two characters":           {Query{Name: "李明"}, "li"},
		"second character of a name":       {Query{Name: "明"}, "li"},
		"name with an apostrophe":          {Query{Name: "O'Brien"}, "li"},
		"note":                             {Query{Text: "счет перезвонить"}, "li"},
		"by whom the note is":              {Query{Text: "елкин"}, "li"},
		"words of which one is not there":  {Query{Text: "анна смит"}, ""},
		"number as text":                   {Query{Text: "030 12 34 56"}, "ann"},
		"name and number":                  {Query{Text: "анна 12345"}, "ann"},
		"operators are words":              {Query{Text: "анна OR bob"}, ""},
		"answered by an address":           {Query{AnsweredBy: "sip:1000"}, "ann"},
		"answered by whom nobody answered": {Query{AnsweredBy: "1001"}, ""},
		"cause":                            {Query{Causes: []bridge.Cause{bridge.UserBusy}}, "li"},
		"one of two causes":                {Query{Causes: []bridge.Cause{bridge.UserBusy, bridge.NormalClearing}}, "out li ann"},
		"at least a minute":                {Query{Shortest: time.Minute}, "out ann"},
		"one to two minutes":               {Query{Shortest: time.Minute, Longest: 2 * time.Minute}, "ann"},
		"missed":                           {Query{Missed: Yes}, "li"},
		"not missed":                       {Query{Missed: No, Direction: bridge.Inward}, "ann"},
		"answered":                         {Query{Answered: Yes}, "out ann"},
		"recorded":                         {Query{Recorded: Yes}, "out"},
		"not recorded":                     {Query{Recorded: No}, "li ann"},
		"noted":                            {Query{Noted: Yes}, "li"},
		"running":                          {Query{Running: Yes}, ""},
		"everything at once": {Query{
			From: noon, To: noon.Add(time.Hour), Direction: bridge.Inward, Line: "sales", Number: "4930", Name: "анна", Text: "ann_k", AnsweredBy: "1000",
			Causes: []bridge.Cause{bridge.NormalClearing}, Shortest: time.Second, Answered: Yes, Missed: No, Recorded: No, Noted: No, Running: No,
		}, "ann"},
	}
}

type question struct {
	Query
	want string
}

func TestCallsAreFoundByWhatIsKnownOfThem(t *testing.T) {
	eachEngine(t, func(t *testing.T, o Options) {
		s := opened(t, o)
		threeCalls(t, s)
		for name, q := range questions() {
			p, err := s.Search(context.Background(), q.Query)
			must(t, err)
			if got := strings.Join(ids(p.Calls), " "); got != q.want {
				t.Errorf("%s: found %q, want %q", name, got, q.want)
			}
		}
	})
}

func TestAQueryThatCannotBe(t *testing.T) {
	s := opened(t, Options{DSN: newFile(t)})
	for _, q := range []Query{
		{Direction: "up"}, {Order: "best"}, {After: "x"}, {After: "1"}, {Number: "+"}, {Name: "..."}, {Text: " - "}, {AnsweredBy: "sip:"},
	} {
		if _, err := s.Search(context.Background(), q); !errors.Is(err, ErrQuery) {
			t.Errorf("%+v: %v, want ErrQuery", q, err)
		}
	}
}

// The index of SQLite only makes finding fast: without it the same is found, whatever is asked, on every page.
func TestTheIndexFindsWhatIsThere(t *testing.T) {
	s := opened(t, Options{DSN: newFile(t), Journal: t.TempDir()})
	r := rand.New(rand.NewPCG(3, 4))
	const n = 300
	for i := range n {
		someCall(i, n, r).publish(s)
	}
	drained(t, s)
	all, err := s.Search(context.Background(), Query{Limit: MaxPage})
	must(t, err)
	for range 200 {
		q := someQuery(r)
		w, err := q.conditions()
		must(t, err)
		statement, args, err := Query{Order: q.Order, Limit: MaxPage}.page(w, postgresEngine) // has no use for the index of SQLite
		must(t, err)
		rows, err := s.query(context.Background(), statement, args...)
		must(t, err)
		var want, got []string
		for _, row := range rows {
			want = append(want, string(row.ID))
		}
		q.Limit = 1 + r.IntN(20)
		for call, err := range s.Each(context.Background(), q) {
			must(t, err)
			got = append(got, string(call.ID))
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%+v finds %d of %d calls, want %d", q, len(got), len(all.Calls), len(want))
		}
	}
}

func TestRecordsOfAnEarlierVersionAreFoundByThisOne(t *testing.T) {
	o := Options{DSN: newFile(t), Journal: t.TempDir()}
	s := open(t, o)
	annCalls("1").publish(s)
	drained(t, s)
	_, err := s.db.Exec("DELETE FROM migrations WHERE number >= 3; DELETE FROM call_grams")
	must(t, err)
	must(t, s.Close())

	p, err := opened(t, o).Search(context.Background(), Query{Number: "4930123456", Name: "ковалева", AnsweredBy: "1000"})

	must(t, err)
	if len(p.Calls) != 1 {
		t.Errorf("%d calls, want that one", len(p.Calls))
	}
}

// someQuery asks for a piece of somebody, and more.
func someQuery(r *rand.Rand) (q Query) {
	pick := func(all ...string) string { return all[r.IntN(len(all))] }
	q.Number = pick("", "", "4915", "07", "1", "491500", "15000079", fmt.Sprint(r.IntN(1000)), fmt.Sprint(1_500_000_000+uint64(r.IntN(200_000))*7919%8_000_000_000))
	q.Name = pick("", "", "ана", "анна", "м", "李", "schm", "üller", "ыл", "ов")
	q.Text = pick("", "", "семен", "анна 49", "garc 1", "10", "ковалева", "schmidt1", "00079 анна")
	q.Line = pick("", "", "line1", "line2")
	q.AnsweredBy = pick("", "", "", "1", "10", "12", "sip:1200", "119")
	q.Missed, q.Recorded, q.Answered = Tri(r.IntN(3)), Tri(r.IntN(5)/2), Tri(r.IntN(3))
	q.Order = []Order{Newest, Oldest, Longest}[r.IntN(3)]
	if r.IntN(2) == 0 {
		q.Causes = []bridge.Cause{bridge.UserBusy, bridge.NoAnswer}[:1+r.IntN(2)]
	}
	if r.IntN(3) == 0 {
		q.From = noon.Add(-time.Duration(r.IntN(1000)) * 24 * time.Hour)
	}
	return q
}

func TestCallsThatBeginAtTheSameMomentAreAllThere(t *testing.T) {
	eachEngine(t, func(t *testing.T, o Options) {
		s := opened(t, o)
		var want []string
		for i := range 7 {
			call := annCalls(fmt.Sprint(i))
			call.publish(s)
			want = append(want, call.id)
		}
		drained(t, s)
		for _, order := range []Order{Newest, Oldest, Longest} {
			var got []string
			for r, err := range s.Each(context.Background(), Query{Order: order, Limit: 2}) {
				must(t, err)
				got = append(got, string(r.ID))
			}
			if slices.Sort(got); !slices.Equal(got, want) {
				t.Errorf("order %q: %v, want %v", order, got, want)
			}
		}
	})
}

func TestANoteIsRefused(t *testing.T) {
	eachEngine(t, func(t *testing.T, o Options) {
		s := opened(t, o)
		threeCalls(t, s)
		for text, want := range map[string]error{"": ErrNote, strings.Repeat("x", MaxNote+1): ErrNote} {
			if err := s.Annotate(context.Background(), "ann", Note{Text: text}); !errors.Is(err, want) {
				t.Errorf("a note of %d bytes: %v, want %v", len(text), err, want)
			}
		}
		if err := s.Annotate(context.Background(), "none", Note{Text: "x"}); !errors.Is(err, ErrNoCall) {
			t.Errorf("a note on no call: %v, want ErrNoCall", err)
		}
	})
}

func FuzzAQueryIsAsked(f *testing.F) {
	f.Add("030 123", "анна", "a OR b\" *", "sip:1000", "5.7")
	f.Add("+", "\x00", "%_", "NEAR(", "")
	s := opened(f, Options{DSN: filepath.Join(f.TempDir(), "calls.db")})
	f.Fuzz(func(t *testing.T, number, name, text, by, after string) {
		_, err := s.Search(context.Background(), Query{Number: number, Name: name, Text: text, AnsweredBy: by, After: after, Line: name})
		if err != nil && !errors.Is(err, ErrQuery) {
			t.Errorf("%q %q %q %q %q: %v", number, name, text, by, after, err)
		}
	})
}
