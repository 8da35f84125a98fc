package recording

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Info is what is known of a recording. It stands beside the finished one as a file of JSON.
type Info struct {
	ID        string    `json:"id"` // its file's name, without what that ends in
	Call      string    `json:"call"`
	Line      string    `json:"line,omitempty"`
	Place     string    `json:"place"` // path of the finished file
	Began     time.Time `json:"began"`
	Seconds   float64   `json:"seconds"`                  // from beginning to end, pauses included
	Paused    float64   `json:"paused_seconds,omitempty"` // of these
	Announced bool      `json:"announced,omitempty"`      // both sides were told, by a beep or words
	Mono      bool      `json:"mono,omitempty"`           // both sides are on one channel
	Sealed    bool      `json:"sealed,omitempty"`         // by age
	Size      int64     `json:"size,omitempty"`           // of the finished file in bytes; 0: it is not finished
	SHA256    string    `json:"sha256,omitempty"`         // likewise, in hexadecimal digits

	// What is missing.
	Lost       uint64 `json:"lost,omitempty"`       // packets that came and could not be written
	Problem    string `json:"problem,omitempty"`    // why
	Incomplete bool   `json:"incomplete,omitempty"` // the end is missing: the program was killed, or could write no more
}

// maxInfo is more than any of our files of JSON has, in bytes.
const maxInfo = 64 << 10

// Finished lists the finished recordings of a directory, oldest first.
func Finished(directory string) (all []Info, err error) {
	entries, err := os.ReadDir(directory)
	if err != nil {
		return nil, fmt.Errorf("recordings: %w", err)
	}
	for _, e := range entries {
		id, ok := strings.CutSuffix(e.Name(), infoSuffix)
		if !ok || !isID(id) || !e.Type().IsRegular() {
			continue
		}
		if i, err := readInfo(directory, id); err == nil {
			all = append(all, i)
		}
	}
	slices.SortStableFunc(all, func(a, b Info) int { return a.Began.Compare(b.Began) })
	return all, nil
}

// readInfo reads what stands beside a recording. What it says of places is not believed: they follow from the name.
func readInfo(directory, id string) (i Info, err error) {
	path := filepath.Join(directory, id+infoSuffix)
	stat, err := os.Stat(path)
	if err != nil {
		return i, err
	}
	if stat.Size() > maxInfo {
		return i, fmt.Errorf("recordings: %s: more than %d bytes", path, maxInfo)
	}
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &i)
	}
	if err != nil || i.ID != id {
		return Info{}, errors.Join(err, fmt.Errorf("recordings: %s is none of ours", path))
	}
	i.Place = filepath.Join(directory, id+plainSuffix)
	if i.Sealed {
		i.Place = filepath.Join(directory, id+sealedSuffix)
	}
	return i, nil
}

// Unfinished lists the names of recordings that are still being made, or were left by a process that ended.
func Unfinished(directory string) (ids []string, err error) {
	entries, err := os.ReadDir(filepath.Join(directory, "spool"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("recordings: %w", err)
	}
	for _, e := range entries {
		if id, ok := strings.CutSuffix(e.Name(), spoolSuffix); ok && isID(id) && e.Type().IsRegular() {
			ids = append(ids, id)
		}
	}
	return ids, nil
}
