package route

import (
	"cmp"
	"strconv"
	"time"
)

// end turns a State to what is to be done when the call is over.
func (s *State) end(how Ended, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Phase, s.Frames = Disconnected, nil
	s.Pending = append([]string(nil), s.Entered...)
	for name, value := range how.Variables {
		s.Facts[name] = value
	}
	how.Started = cmp.Or(how.Started, s.Began)
	how.Ended = cmp.Or(how.Ended, now)
	for name, value := range how.facts() {
		s.Facts[name] = value
	}
}

// facts are the variables of an end.
func (h Ended) facts() map[string]string {
	waited := h.Ended.Sub(h.Started)
	if !h.Bridged.IsZero() {
		waited = h.Bridged.Sub(h.Started)
	}
	return map[string]string{
		"hangup_cause": cmp.Or(h.Word, h.Cause.String()), "hangup_cause_q850": strconv.Itoa(int(h.Cause)), "hangup_by": h.By,
		"duration": seconds(h.Started, h.Ended), "billsec": seconds(h.Answered, h.Ended), "waitsec_total": strconv.Itoa(int(waited.Seconds())),
		"answered": strconv.FormatBool(!h.Answered.IsZero()), "bridged": strconv.FormatBool(!h.Bridged.IsZero()), "bridged_to": h.BridgedTo,
		"missed": strconv.FormatBool(h.Missed), "missed_reason": h.reason(), "record_file": h.Recording,
		"start_epoch": epoch(h.Started), "answer_epoch": epoch(h.Answered), "end_epoch": epoch(h.Ended),
	}
}

// reason says why a call was missed, in words that people read.
func (h Ended) reason() string {
	switch {
	case !h.Missed:
		return ""
	case h.By == "caller":
		return "the caller gave up"
	}
	switch cmp.Or(h.Word, h.Cause.String()) {
	case "NO_ANSWER", "ALLOTTED_TIMEOUT", "NO_USER_RESPONSE":
		return "nobody answered"
	case "USER_BUSY":
		return "busy"
	case "CALL_REJECTED":
		return "rejected"
	case "USER_NOT_REGISTERED", "SUBSCRIBER_ABSENT":
		return "nobody was there"
	}
	return "it failed: " + cmp.Or(h.Word, h.Cause.String())
}

func seconds(from, to time.Time) string {
	if from.IsZero() {
		return "0"
	}
	return strconv.Itoa(int(to.Sub(from).Seconds()))
}

func epoch(t time.Time) string {
	if t.IsZero() {
		return "0"
	}
	return strconv.FormatInt(t.Unix(), 10)
}
