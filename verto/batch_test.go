package verto

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gorilla/websocket"
)

// asks is a request as it stands in a batch.
func asks(id int, method, params string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","method":%q,"params":%s,"id":%d}`, method, params, id)
}

// batched sends an array and returns the ids of the answer, each with the error's code.
func batched(t *testing.T, socket *websocket.Conn, all ...string) (answered []string) {
	t.Helper()
	if err := socket.WriteMessage(websocket.TextMessage, []byte("["+strings.Join(all, ",")+"]")); err != nil {
		t.Fatal(err)
	}
	for {
		_, frame, err := socket.ReadMessage()
		if err != nil {
			t.Fatal(err)
		}
		if frame[0] != '[' {
			continue // a request of the server
		}
		var answers []struct {
			ID    json.RawMessage
			Error struct{ Code int }
		}
		if err := json.Unmarshal(frame, &answers); err != nil {
			t.Fatal(err)
		}
		for _, a := range answers {
			answered = append(answered, fmt.Sprintf("%s %d", a.ID, a.Error.Code))
		}
		return answered
	}
}

func TestABatchIsAnsweredByOneInItsOrder(t *testing.T) {
	quick := make(chan struct{})
	h := open(t, Options{Commands: map[string]Command{
		"slow":  func(context.Context, *Session, json.RawMessage) (any, error) { <-quick; return 1, nil },
		"quick": func(context.Context, *Session, json.RawMessage) (any, error) { close(quick); return 2, nil },
	}})
	socket := must(dialRaw(h))(t)
	defer func() { _ = socket.Close() }()

	got := batched(t, socket, asks(1, "verto.ping", "{}"), asks(2, "login", `{"login":"ann","passwd":"secret"}`), asks(3, "jsapi", `{"command":"slow"}`),
		`{"jsonrpc":"2.0","result":{},"id":4}`, asks(5, "jsapi", `{"command":"quick"}`), "7", "[]", asks(6, "none", "{}"))

	if want := "1 -32000,2 0,3 0,5 0,null -32600,null -32600,6 -32601"; strings.Join(got, ",") != want {
		t.Errorf("answered %v, want %s", got, want)
	}
}

func TestABatchIsBounded(t *testing.T) {
	h := open(t, Options{})
	socket := must(dialRaw(h))(t)
	defer func() { _ = socket.Close() }()
	ping := strings.Repeat(","+asks(1, "verto.ping", "{}"), maxBatch+1)
	if err := socket.WriteMessage(websocket.TextMessage, []byte("["+ping[1:]+"]")); err != nil {
		t.Fatal(err)
	}
	if got := nextAnswer(t, socket); code(got) != codeInvalid {
		t.Errorf("answered %d", code(got))
	}
	if got := batched(t, socket, asks(1, "verto.ping", "{}")); len(got) != 1 {
		t.Errorf("then answered %v", got)
	}
}

// counted counts who tries to log in.
type counted struct{ tries atomic.Int32 }

func (c *counted) Login(context.Context, Login) (User, error) {
	c.tries.Add(1)
	return User{}, ErrPassword
}

func TestABatchGivesNoMoreTriesToLogIn(t *testing.T) {
	users := new(counted)
	h := open(t, Options{Users: users})
	socket := must(dialRaw(h))(t)
	defer func() { _ = socket.Close() }()
	var all []string
	for i := range maxBatch {
		all = append(all, asks(i, "login", fmt.Sprintf(`{"login":"user%d","passwd":"x"}`, i)))
	}
	if err := socket.WriteMessage(websocket.TextMessage, []byte("["+strings.Join(all, ",")+"]")); err != nil {
		t.Fatal(err)
	}
	for {
		if _, _, err := socket.ReadMessage(); err != nil {
			break
		}
	}
	if n := users.tries.Load(); n != socketTries {
		t.Errorf("%d passwords were looked at", n)
	}
}
