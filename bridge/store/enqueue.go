package store

import (
	"encoding/json"
	"errors"
	"fmt"

	"switchgram/bridge/notify"
)

var errNoJournal = errors.New("store: this store only reads")

// Enqueue queues a notification that belongs to no event, such as a script's request. It is in the journal when Enqueue returns; one of the same
// ID is queued once.
func (s *Store) Enqueue(n notify.Notification) error {
	if s.journal == nil {
		return errNoJournal
	}
	line, err := json.Marshal(entry{Notification: &n})
	if err != nil {
		return fmt.Errorf("journal: write notification: %w", err)
	}
	s.journal.append(line)
	return nil
}
