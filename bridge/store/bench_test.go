package store

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/recording"
)

// numberOf is a number of the environment, or else the usual one.
func numberOf(b *testing.B, variable string, usual int) int {
	b.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	must(b, err)
	return n
}

// someCall is the i-th of calls of three years, of 200,000 people and 20 lines. 3 in 10 are missed, 1 in 20 is recorded.
func someCall(i, of int, r *rand.Rand) story {
	first := []string{"Анна", "Пётр", "Léa", "Maria", "Ольга", "John", "李明", "Семён", "Fatima", "Jürgen"}
	last := []string{"Ковалёва", "Schmidt", "Smith", "Иванов", "García", "Müller", "Горбачёв", "Wang", "Соловьёв", "Yılmaz"}
	who := r.IntN(200_000)
	s := story{
		id: fmt.Sprintf("%x-%d", 0x6a000000+i/1000, i), line: fmt.Sprintf("line%d", r.IntN(20)), at: noon.Add(-time.Duration(of-i) * (3 * 365 * 24 * time.Hour / time.Duration(of))),
		caller: bridge.Party{
			Phone: fmt.Sprintf("+49%010d", 1_500_000_000+uint64(who)*7919%8_000_000_000), ID: int64(100_000_000 + who),
			FirstName: first[who%10], LastName: last[who/10%10] + strconv.Itoa(who/100),
		},
		to: bridge.Address{Scheme: "sip", User: strconv.Itoa(1000 + r.IntN(500))}, cause: bridge.NormalClearing,
		talk: time.Duration(1+r.ExpFloat64()*120) * time.Second,
	}
	s.from = bridge.Address{Scheme: "tg", User: s.caller.Phone}
	if r.IntN(10) < 3 {
		s.talk, s.cause = 0, []bridge.Cause{bridge.NoAnswer, bridge.UserBusy, bridge.NormalClearing}[r.IntN(3)]
	}
	if r.IntN(20_000) == 0 {
		s.cause = bridge.NetworkOutOfOrder
	}
	return s
}

// fill records a number of calls and returns how many events were published.
func fill(b *testing.B, s *Store, n int) (events int) {
	b.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		call := someCall(i, n, r)
		for _, ev := range call.events() {
			s.Publish(ev)
			events++
		}
		if r.IntN(20) == 0 {
			s.Publish(bridge.NewRecordingReady(recording.Info{ID: call.id, Call: call.id, Line: call.line, Place: "/var/lib/switchgram/" + call.id + ".ogg", Size: 1 << 20}))
			events++
		}
		if i%5000 == 4999 {
			drained(b, s)
		}
	}
	drained(b, s)
	for i := range 1000 {
		must(b, s.Annotate(context.Background(), bridge.CallID(fmt.Sprintf("%x-%d", 0x6a000000+i*(n/1000)/1000, i*(n/1000))), Note{At: noon, By: "ann", Text: "перезвонить в четверг, счёт №" + strconv.Itoa(i)}))
	}
	return events
}

// typical are queries that people ask.
func typical() map[string]Query {
	return map[string]Query{
		"01 the last fifty":                  {},
		"02 missed yesterday":                {Missed: Yes, From: noon.Add(-48 * time.Hour), To: noon.Add(-24 * time.Hour)},
		"03 whole number":                    {Number: "+49 1500 007919"},
		"04 five digits of a number":         {Number: "07919"},
		"05 name with ё written е":           {Name: "ковалева1234"},
		"06 a common name on one line":       {Text: "соловьев", Line: "line7"},
		"07 two characters of a script":      {Name: "李明"},
		"08 answered by, long, recorded":     {AnsweredBy: "1234", Shortest: 5 * time.Minute, Recorded: Yes},
		"09 a rare cause in a month":         {Causes: []bridge.Cause{bridge.NetworkOutOfOrder}, From: noon.Add(-400 * 24 * time.Hour), To: noon.Add(-370 * 24 * time.Hour)},
		"10 words of a note":                 {Text: "счет четверг 77"},
		"11 the longest of a line":           {Line: "line3", Order: Longest},
		"12 what nobody has":                 {Text: "несуществующий"},
		"13 answered by whom nobody has":     {AnsweredBy: "9999"},
		"14 a page in the middle of it all":  {After: fmt.Sprintf("0.%d", noon.Add(-500*24*time.Hour).UnixMicro())},
		"15 missed calls of a common number": {Number: "4915", Missed: Yes, Order: Oldest},
	}
}

// BenchmarkAMillionCalls says how fast calls are recorded by SQLite, how large the file is, and how long typical questions take. SWITCHGRAM_CALLS says
// another number.
func BenchmarkAMillionCalls(b *testing.B) {
	dir := b.TempDir()
	o := Options{DSN: dir + "/calls.db", Journal: dir + "/journal"}
	benchmarkCalls(b, o, numberOf(b, "SWITCHGRAM_CALLS", 1_000_000), func(s *Store) int64 {
		_, err := s.db.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
		must(b, err)
		stat, err := os.Stat(o.DSN)
		must(b, err)
		return stat.Size()
	})
}

// BenchmarkPostgreSQL is the same with 100,000 calls in PostgreSQL.
func BenchmarkPostgreSQL(b *testing.B) {
	o := Options{DSN: newDatabase(b), Journal: b.TempDir()}
	benchmarkCalls(b, o, numberOf(b, "SWITCHGRAM_CALLS", 100_000), func(s *Store) (size int64) {
		_, err := s.db.Exec("VACUUM ANALYZE") // as autovacuum does sooner or later
		must(b, err)
		must(b, s.db.QueryRow("SELECT pg_database_size(current_database())").Scan(&size))
		return size
	})
}

// benchmarkCalls records n calls, and asks for some.
func benchmarkCalls(b *testing.B, o Options, n int, size func(*Store) int64) {
	s := opened(b, o)
	begin, cpu := time.Now(), processorTime(b)
	events := fill(b, s, n)
	took, used := time.Since(begin), processorTime(b)-cpu
	bytes := size(s)
	b.Run("00 record", func(b *testing.B) {
		for range b.N {
		}
		b.ReportMetric(float64(n)/took.Seconds(), "calls/s")
		b.ReportMetric(float64(events)/took.Seconds(), "events/s")
		b.ReportMetric(float64(used.Microseconds())/float64(n), "cpu-µs/call")
		b.ReportMetric(float64(bytes)/float64(n), "B/call")
	})
	questions := typical()
	for _, name := range slices.Sorted(maps.Keys(questions)) {
		b.Run(name, func(b *testing.B) {
			found, cpu := 0, processorTime(b)
			for range b.N {
				p, err := s.Search(context.Background(), questions[name])
				must(b, err)
				found = len(p.Calls)
			}
			b.ReportMetric(float64((processorTime(b)-cpu).Microseconds())/1000/float64(b.N), "cpu-ms")
			b.ReportMetric(float64(found), "calls")
		})
	}
}

// BenchmarkPublish says what an event costs the goroutine of its call.
func BenchmarkPublish(b *testing.B) {
	s := opened(b, Options{DSN: b.TempDir() + "/calls.db", Journal: b.TempDir()})
	ev := annCalls("1").ended()
	b.ReportAllocs()
	for b.Loop() {
		s.Publish(ev)
	}
}
