package live

import (
	"cmp"
	"encoding/json"
	"fmt"
	"html"
	"strings"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/notify"
)

// recordingNote is what goes with a recording to its end, for the mail about it.
type recordingNote struct {
	To     []string `json:"to"`
	Caller string   `json:"caller"`
	Number string   `json:"number"`
}

// Recorded mails a recording that is ready (RecordingReady) to whom its script wants that, which kept says: what was noted with it.
func (m *Mail) Recorded(ev bridge.Event, kept string) {
	if kept == "" {
		return
	}
	var note recordingNote
	err := json.Unmarshal([]byte(kept), &note)
	if err == nil {
		err = m.queue(note.letter(ev))
	}
	if err != nil {
		m.log.Error("nobody is mailed of a recording", "call", string(ev.Call), "recording", ev.Recording.ID, "err", err)
	}
}

// letter has the recording with it. What callers call themselves comes out as text.
func (n recordingNote) letter(ev bridge.Event) notify.Letter {
	i := ev.Recording
	who := cmp.Or(strings.TrimSpace(n.Caller+" "+n.Number), "somebody")
	length := time.Duration(i.Seconds * float64(time.Second)).Round(time.Second)
	return notify.Letter{
		ID: notify.LetterID("recording " + i.ID), At: ev.At, To: n.To, Subject: "Recorded call of " + who, HTML: true, Attach: i.Place,
		Text: fmt.Sprintf("<p>The call of %s of %s was recorded for %s.</p><p>%s</p>",
			html.EscapeString(who), i.Began.Local().Format("2006-01-02 15:04"), length, html.EscapeString(i.Place)),
	}
}
