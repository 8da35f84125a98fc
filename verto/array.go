package verto

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"sync"
)

// Array is a table that pages watch on an event channel of its own, row by row, as verto.js' liveArray reads it. Changes are numbered; a page
// that finds a gap asks for everything again, so that none is lost, doubled or out of order, whoever watches. Make it with
// Server.NewArray.
type Array struct {
	s       *Server
	channel string
	name    string

	mu     sync.Mutex
	serial uint64 // of the last change
	keys   []string
	rows   map[string]json.RawMessage
}

// change is what pages are told of a row.
type change struct {
	Action string          `json:"action"`
	Index  *int            `json:"arrIndex,omitempty"`
	Name   string          `json:"name"`
	Key    string          `json:"hashKey,omitempty"`
	Serial int64           `json:"wireSerno"` // negative: it is not counted
	Data   json.RawMessage `json:"data"`
}

// NewArray makes a table that those may watch who may subscribe to the channel. Pages name it by channel and name. A channel has one array;
// a second one takes its place.
func (s *Server) NewArray(channel, name string) *Array {
	a := &Array{s: s, channel: channel, name: name, rows: map[string]json.RawMessage{}}
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	s.hub.arrays[channel] = a
	return a
}

func (s *Server) array(channel string) *Array {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	return s.hub.arrays[channel]
}

// Put adds a row at the end, or changes the one that has the key. What does not change is told to nobody. The row must be what JSON can
// hold; the error is encoding/json's.
func (a *Array) Put(key string, row any) error {
	data, err := json.Marshal(row)
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	old, there := a.rows[key]
	switch {
	case !there:
		index := len(a.keys)
		a.keys = append(a.keys, key)
		a.rows[key] = data
		a.tell(change{Action: "add", Index: &index, Key: key, Data: data})
	case !bytes.Equal(old, data):
		a.rows[key] = data
		a.tell(change{Action: "modify", Key: key, Data: data})
	}
	return nil
}

// Delete removes the row that has the key, if there is one.
func (a *Array) Delete(key string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	old, there := a.rows[key]
	if !there {
		return
	}
	delete(a.rows, key)
	a.keys = slices.DeleteFunc(a.keys, func(k string) bool { return k == key })
	a.tell(change{Action: "del", Key: key, Data: old})
}

// Close empties the table for everybody who watches it, and for good: the channel is there no longer.
func (a *Array) Close() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.keys, a.rows = nil, map[string]json.RawMessage{}
	a.s.publish(a.channel, encode(change{Action: "clear", Name: a.name, Serial: -1, Data: json.RawMessage("{}")}))
	a.s.hub.mu.Lock()
	defer a.s.hub.mu.Unlock()
	if a.s.hub.arrays[a.channel] == a {
		delete(a.s.hub.arrays, a.channel)
	}
}

// Len is the number of rows.
func (a *Array) Len() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.keys)
}

// Watched tells whether a page has subscribed to the table.
func (a *Array) Watched() bool {
	first, _, _ := strings.Cut(a.channel, ".") // of which events come, too
	a.s.hub.mu.Lock()
	defer a.s.hub.mu.Unlock()
	return len(a.s.hub.channels[a.channel])+len(a.s.hub.channels[first]) > 0
}

// tell numbers a change, under the lock: pages get them in order.
func (a *Array) tell(c change) {
	a.serial++
	c.Name, c.Serial = a.name, int64(a.serial)
	a.s.publish(a.channel, encode(c))
}

// ask is what a page wants of the array. Of what verto.js asks, bootstrap alone needs an answer.
func (a *Array) ask(v *Session, data []byte) {
	var p struct {
		Array struct {
			Command text `json:"command"`
		} `json:"liveArray"`
	}
	if json.Unmarshal(data, &p) == nil && p.Array.Command == "bootstrap" {
		a.boot(v)
	}
}

// boot tells a page all rows. Under the lock, so that the next change it hears of is the one after.
func (a *Array) boot(v *Session) {
	a.mu.Lock()
	defer a.mu.Unlock()
	rows := make([][2]any, 0, len(a.keys))
	for _, key := range a.keys {
		rows = append(rows, [2]any{key, a.rows[key]})
	}
	all := change{Action: "bootObj", Name: a.name, Serial: -1, Data: encode(rows)}
	v.ask("verto.event", object{"eventChannel": a.channel, "sessid": v.id, "data": all})
}
