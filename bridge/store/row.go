package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"switchgram/bridge"
)

// row is a record in the database: where it stands, and of which journal it is.
type row struct {
	n       int64 // 0: nowhere yet
	journal string
	*Record
}

// insertRow names the columns in the order of row.values.
const insertRow = `INSERT INTO calls (n, journal, id, line, direction, running, answered, missed, recorded, noted, cause, talk,
	answered_by, numbers, names, words) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16) ON CONFLICT (n) DO NOTHING`

const updateRow = `UPDATE calls SET journal=$2, id=$3, line=$4, direction=$5, running=$6, answered=$7, missed=$8, recorded=$9, noted=$10, cause=$11,
	talk=$12, answered_by=$13, numbers=$14, names=$15, words=$16 WHERE n=$1`

const writeRecord = "INSERT INTO call_records (n, record) VALUES ($1, $2) ON CONFLICT (n) DO UPDATE SET record = excluded.record"

// values are those of the columns but the first.
func (r *row) values(who crowd, words string) []any {
	return []any{
		r.journal, clean(string(r.ID)), clean(r.Line), r.Direction, bit(r.Times.Ended.IsZero()), bit(!r.Times.Answered.IsZero()), bit(r.Missed),
		bit(len(r.Recordings) > 0), bit(len(r.Notes) > 0), r.Q850, r.talk().Milliseconds(), number(r.AnsweredBy),
		who.numbers.String(), who.names.String(), words,
	}
}

// clean leaves out what PostgreSQL takes in no text.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// words are everything that can be searched for.
func (r *row) words(who crowd) string {
	all := append(who.numbers, who.names...)
	all.add(fold(r.Reference))
	for _, n := range r.Notes {
		all.add(fold(n.By))
		all.add(fold(n.Text))
	}
	return all.String()
}

// marks are words of the index that say what can be asked of a call beside its text. They begin with a character that no folded text has.
func (r *row) marks() []string {
	all := []string{lineMark(r.Line), directionMark(r.Direction), causeMark(r.Q850)}
	for mark, has := range map[string]bool{
		missedMark: r.Missed, answeredMark: !r.Times.Answered.IsZero(), recordedMark: len(r.Recordings) > 0, notedMark: len(r.Notes) > 0,
	} {
		if has {
			all = append(all, mark)
		}
	}
	for _, piece := range grams(number(r.AnsweredBy)) {
		all = append(all, answererMark+piece)
	}
	return all
}

const (
	missedMark   = "§missed"
	answeredMark = "§answered"
	recordedMark = "§recorded"
	notedMark    = "§noted"
	answererMark = "§a" // before each piece of who answered
)

func lineMark(line string) string   { return "§line" + fmt.Sprintf("%x", line) }
func directionMark(d string) string { return "§" + d }
func causeMark(cause int) string    { return "§cause" + strconv.Itoa(cause) }

// tokens are what the index has of the row.
func (r *row) tokens(words string) string {
	return strings.Join(append(grams(words), r.marks()...), " ")
}

// save writes the row, the record and the index.
func (r *row) save(ctx context.Context, tx *transaction, kind engine) error {
	record, err := json.Marshal(r.Record)
	if err != nil {
		return fmt.Errorf("write record: %w", err)
	}
	who := r.people()
	words, fresh := r.words(who), r.n == 0
	values := r.values(who, words)
	if fresh {
		err = r.insert(ctx, tx, values)
	} else {
		_, err = tx.ExecContext(ctx, updateRow, append([]any{r.n}, values...)...)
	}
	if err == nil {
		_, err = tx.ExecContext(ctx, writeRecord, r.n, string(record))
	}
	if err == nil && kind == sqliteEngine {
		err = r.index(ctx, tx, words, fresh)
	}
	return err
}

// index writes what SQLite finds the row by.
func (r *row) index(ctx context.Context, tx *transaction, words string, fresh bool) error {
	if !fresh {
		if err := unindex(ctx, tx, r.n); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, "INSERT INTO call_grams (rowid, grams) VALUES ($1, $2)", r.n, r.tokens(words))
	return err
}

func unindex(ctx context.Context, tx *transaction, n int64) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM call_grams WHERE rowid = $1", n)
	return err
}

// insert finds the first free place at or after the call's beginning.
func (r *row) insert(ctx context.Context, tx *transaction, values []any) error {
	for n := r.Times.Started.UnixMicro(); ; n++ {
		done, err := tx.ExecContext(ctx, insertRow, append([]any{n}, values...)...)
		if err != nil {
			return err
		}
		if count, err := done.RowsAffected(); err != nil || count == 1 {
			r.n = n
			return err
		}
	}
}

// load finds the row of a call of a journal; nil: there is none.
func load(ctx context.Context, tx *transaction, journal string, id bridge.CallID) (*row, error) {
	rows, err := tx.QueryContext(ctx, selectRows+" WHERE journal = $1 AND id = $2", journal, clean(string(id)))
	if err != nil {
		return nil, err
	}
	all, err := scanRows(rows)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return all[0], nil
}

// selectRows begins a statement that scanRows reads the answer of.
const selectRows = "SELECT calls.n, journal, record FROM calls JOIN call_records ON call_records.n = calls.n"

// scanRows reads rows, and closes them.
func scanRows(rows *sql.Rows) (all []*row, err error) {
	defer rows.Close()
	for rows.Next() {
		r, record := &row{Record: &Record{}}, ""
		if err := rows.Scan(&r.n, &r.journal, &record); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(record), r.Record); err != nil {
			return nil, fmt.Errorf("read record: %w", err)
		}
		all = append(all, r)
	}
	return all, rows.Err()
}
