package esltest

import (
	"maps"
	"slices"
	"strings"
)

// subscription is what a connection wants to hear.
type subscription struct {
	format  string
	names   map[string]bool
	custom  map[string]bool
	filters []Header
	uuid    string // "myevents": only of this channel
}

func newSubscription() subscription {
	return subscription{format: "plain", names: map[string]bool{}, custom: map[string]bool{}}
}

func (s *subscription) wants(e Event) bool {
	name := e.Get("Event-Name")
	if !s.names["ALL"] && (!s.names[name] || name == "CUSTOM" && !s.custom[e.Get("Event-Subclass")]) {
		return false
	}
	if s.uuid != "" && e.Get("Unique-ID") != s.uuid && e.Get("Job-Owner-UUID") != s.uuid {
		return false
	}
	return s.passes(e)
}

// passes is true if any filter matches. An event that has none of their headers does not pass.
func (s *subscription) passes(e Event) bool {
	if len(s.filters) == 0 {
		return true
	}
	return slices.ContainsFunc(s.filters, func(f Header) bool { return strings.EqualFold(e.Get(f.Name), f.Value) })
}

// add adds names. Every word after CUSTOM is a subclass. It reports false if FreeSWITCH knows none of the names.
func (s *subscription) add(words []string) bool {
	known := false
	for i, w := range words {
		w = strings.ToUpper(w)
		if w == "CUSTOM" {
			s.names[w] = true
			for _, subclass := range words[i+1:] {
				s.custom[subclass] = true
			}
			return true
		}
		if eventNames[w] {
			s.names[w] = true
			known = true
		}
	}
	return known
}

func (s *subscription) remove(words []string) {
	for i, w := range words {
		switch w = strings.ToUpper(w); w {
		case "ALL":
			s.clear()
		case "CUSTOM":
			for _, subclass := range words[i+1:] {
				delete(s.custom, subclass)
			}
			return
		default:
			delete(s.names, w)
		}
	}
}

func (s *subscription) clear() {
	clear(s.names)
	clear(s.custom)
}

// myEvents subscribes to what happens to one channel.
func (s *subscription) myEvents(uuid string) {
	s.uuid = uuid
	s.names = maps.Clone(channelEvents)
}

func set(names string) map[string]bool {
	m := map[string]bool{}
	for _, n := range strings.Fields(names) {
		m[n] = true
	}
	return m
}

var channelEvents = set(`CHANNEL_CREATE CHANNEL_DESTROY CHANNEL_STATE CHANNEL_CALLSTATE CHANNEL_ANSWER CHANNEL_HANGUP CHANNEL_HANGUP_COMPLETE
	CHANNEL_EXECUTE CHANNEL_EXECUTE_COMPLETE CHANNEL_HOLD CHANNEL_UNHOLD CHANNEL_BRIDGE CHANNEL_UNBRIDGE CHANNEL_PROGRESS CHANNEL_PROGRESS_MEDIA
	CHANNEL_OUTGOING CHANNEL_PARK CHANNEL_UNPARK CHANNEL_APPLICATION CHANNEL_ORIGINATE CHANNEL_UUID CALL_UPDATE CALL_SECURE DTMF
	RECORD_START RECORD_STOP PLAYBACK_START PLAYBACK_STOP DETECTED_SPEECH DETECTED_TONE CODEC`)

var eventNames = func() map[string]bool {
	m := set(`ALL CUSTOM BACKGROUND_JOB HEARTBEAT MESSAGE PRESENCE_IN PRESENCE_OUT PRESENCE_PROBE RELOADXML SHUTDOWN STARTUP API COMMAND LOG
		MODULE_LOAD MODULE_UNLOAD RE_SCHEDULE DEL_SCHEDULE ADD_SCHEDULE EXE_SCHEDULE NOTIFY SEND_MESSAGE TALK NOTALK SESSION_HEARTBEAT CHANNEL_DATA`)
	maps.Copy(m, channelEvents)
	return m
}()
