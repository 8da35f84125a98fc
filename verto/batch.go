package verto

import (
	"bytes"
	"encoding/json"
	"sync"
)

// maxBatch is how many messages a batch has at most.
const maxBatch = 64

// batch is an array of messages. It is answered by an array, when all requests in it are answered, in their order (JSON-RPC 2.0 §6).
type batch struct {
	mu      sync.Mutex
	answers [][]byte // by place; nil: none yet, or none at all
	left    int      // without answer
	send    func([]byte)
}

// takeBatch does what the messages of a batch ask for, one after the other. Each counts as much as if it had come alone.
func (c *conn) takeBatch(frame []byte) {
	var all []json.RawMessage
	if json.Unmarshal(frame, &all) != nil || len(all) == 0 || len(all) > maxBatch {
		c.send(refusal(json.RawMessage("null"), errInvalidRequest))
		return
	}
	b := &batch{answers: make([][]byte, len(all)), left: len(all), send: c.send}
	for place, message := range all {
		if place > 0 && (c.leaving() || c.pace.Wait(c.ctx) != nil) {
			return // it was told to go
		}
		if !c.obey(message, func(answer []byte) { b.put(place, answer) }) {
			b.put(place, nil)
		}
	}
}

// put takes the answer to the message at a place; nil: there is none to be.
func (b *batch) put(place int, answer []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answers[place] = answer
	if b.left--; b.left > 0 {
		return
	}
	var answers [][]byte
	for _, one := range b.answers {
		if one != nil {
			answers = append(answers, one)
		}
	}
	if len(answers) > 0 {
		b.send(append(append([]byte("["), bytes.Join(answers, []byte(","))...), ']'))
	}
}
