package store

import (
	"testing"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/notify"
)

func TestARequestOfNoEventIsQueuedOnce(t *testing.T) {
	eachEngine(t, func(t *testing.T, o Options) {
		s := opened(t, o)
		n, err := notify.NewRequest("scripts", "5f-1 onDisconnect[0]", "5f-1", []byte("sealed"))
		must(t, err)
		must(t, s.Enqueue(n))
		must(t, s.Enqueue(n)) // as after a crash
		drained(t, s)

		all, _, err := s.Due(t.Context(), "scripts", time.Now().Add(time.Second), 10)
		must(t, err)
		if len(all) != 1 || all[0].ID != n.ID || string(all[0].Event) != string(n.Event) {
			t.Errorf("queued %+v", all)
		}
	})
}

func TestTheRecordShowsWhatAScriptDid(t *testing.T) {
	eachEngine(t, func(t *testing.T, o Options) {
		s := opened(t, o)
		ann := annCalls("a")
		ann.publish(s)
		s.Publish(bridge.NewScriptEnded(ann.ended(), bridge.Scripted{Routes: []string{"city line"}, Steps: []bridge.ScriptStep{{Step: "callflow[0]", Error: "timeout"}}}))
		drained(t, s)

		r, err := s.Call(t.Context(), "a")
		must(t, err)
		if r.Script == nil || len(r.Script.Steps) != 1 || r.Script.Steps[0].Error != "timeout" || r.Times.Ended.IsZero() {
			t.Errorf("the record is %+v, its script %+v", r, r.Script)
		}
	})
}
