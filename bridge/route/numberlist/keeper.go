package numberlist

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
	"unicode"
)

// Keeper keeps what scripts add to lists, in a folder with a file for each list. An entry is on disk when Add returns. People may change the files,
// which counts within two seconds. Make one with OpenKeeper; its methods may be called at once.
type Keeper struct {
	dir string
	log *slog.Logger

	mu    sync.Mutex
	lists map[string]*kept
}

// kept is one file.
type kept struct {
	list   *List
	looked time.Time // at the file
	size   int64     // of what was read or written
	at     time.Time // its last change then
}

const (
	lookAgain     = 2 * time.Second
	mostAdded     = 100_000 // entries of one list
	longestRemark = 200     // bytes
)

// What Add refuses.
var (
	ErrEntry = errors.New("numberlist: neither a number nor a name that a list can have")
	ErrFull  = errors.New("numberlist: there are too many entries that scripts have added")
)

// OpenKeeper makes a Keeper of a folder, which is made if it is not there. A file that is broken is an error.
func OpenKeeper(dir string, log *slog.Logger) (*Keeper, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("numberlist: %w", err)
	}
	k := &Keeper{dir: dir, log: log, lists: map[string]*kept{}}
	if k.log == nil {
		k.log = slog.New(slog.DiscardHandler)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil {
		return nil, fmt.Errorf("numberlist: %w", err)
	}
	for _, path := range files {
		l := &kept{}
		k.lists[strings.TrimSuffix(filepath.Base(path), ".txt")] = l
		if err := l.read(path); err != nil {
			return nil, err
		}
	}
	return k, nil
}

// Has tells whether a number was added to a list, and counts now.
func (k *Keeper) Has(list, number string, now time.Time) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	l, err := k.current(list)
	return err == nil && l.list.Has(number, now)
}

// Entries are what was added to a list and counts now, by number.
func (k *Keeper) Entries(list string, now time.Time) []Entry {
	k.mu.Lock()
	defer k.mu.Unlock()
	l, err := k.current(list)
	if err != nil {
		return nil
	}
	return l.list.Entries(now)
}

// Add adds a number to a list until a moment, or for good if that is zero. One that is there already for as long is not added again. ErrEntry, ErrFull.
func (k *Keeper) Add(_ context.Context, list, number, comment string, until time.Time) error {
	e := Entry{Number: Normal(number), Comment: remark(comment), Until: until.Truncate(time.Second)}
	if again, err := ParseEntry(e.String()); err != nil || e.Number == "" || again.Number != e.Number || !again.Until.Equal(e.Until) {
		return ErrEntry
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	l, err := k.current(list)
	if err != nil {
		return err
	}
	if had, ok := l.list.entries[e.Number]; ok && (had.Until.IsZero() || !e.Until.IsZero() && !had.Until.Before(e.Until)) {
		return nil
	}
	if len(l.list.entries) >= mostAdded {
		if err := l.tidy(k.path(list)); err != nil {
			return err
		}
	}
	return l.append(k.path(list), e)
}

// remark is a comment on one line.
func remark(s string) string {
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsGraphic(r) || unicode.IsSpace(r) }), " ")
	if len(s) > longestRemark {
		s = s[:longestRemark]
	}
	return strings.TrimSpace(strings.ToValidUTF8(s, ""))
}

func (k *Keeper) path(list string) string { return filepath.Join(k.dir, list+".txt") }

// current is a list as its file has it. What somebody has broken there is passed over, and what was before counts.
func (k *Keeper) current(list string) (*kept, error) {
	if list == "" || list != filepath.Base(list) || !filepath.IsLocal(list) {
		return nil, fmt.Errorf("numberlist: %q is no name of a list", list)
	}
	l := k.lists[list]
	if l == nil {
		l = &kept{list: &List{entries: map[string]Entry{}}}
		k.lists[list] = l
	}
	if now := time.Now(); now.Sub(l.looked) >= lookAgain {
		if err := l.refresh(k.path(list), now); err != nil {
			k.log.Error("a list is broken; what it was before counts", "list", list, "err", err)
		}
	}
	return l, nil
}

// refresh reads the file if it is another than it was.
func (l *kept) refresh(path string, now time.Time) error {
	l.looked = now
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		l.list, l.size, l.at = &List{entries: map[string]Entry{}}, 0, time.Time{}
		return nil
	case err != nil:
		return fmt.Errorf("numberlist: %w", err)
	case info.Size() == l.size && info.ModTime().Equal(l.at):
		return nil
	}
	return l.read(path)
}

func (l *kept) read(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("numberlist: %w", err)
	}
	defer f.Close()
	list, err := Parse(path, f)
	if err != nil {
		return err
	}
	l.list = list
	return l.note(f)
}

// note notes what the file looks like.
func (l *kept) note(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("numberlist: %w", err)
	}
	l.looked, l.size, l.at = time.Now(), info.Size(), info.ModTime()
	return nil
}

// append adds a line to the file, on a line of its own whatever stands before.
func (l *kept) append(path string, e Entry) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("numberlist: %w", err)
	}
	line, last := e.String()+"\n", make([]byte, 1)
	if info, err := f.Stat(); err == nil && info.Size() > 0 {
		if _, err := f.ReadAt(last, info.Size()-1); err == nil && last[0] != '\n' {
			line = "\n" + line
		}
	}
	_, err = f.WriteString(line)
	if err == nil {
		l.list.entries[e.Number] = e
		err = l.note(f)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("numberlist: %w", err)
	}
	return nil
}

// tidy leaves out what has expired.
func (l *kept) tidy(path string) error {
	all := l.list.Entries(time.Now())
	if len(all) >= mostAdded {
		return ErrFull
	}
	var text bytes.Buffer
	for _, e := range all {
		fmt.Fprintln(&text, e)
	}
	if err := os.WriteFile(path+".new", text.Bytes(), 0o600); err != nil {
		return fmt.Errorf("numberlist: %w", err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		return fmt.Errorf("numberlist: %w", err)
	}
	return l.read(path)
}
