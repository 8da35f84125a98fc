package firefox

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"github.com/gorilla/websocket"
)

// session is the connection to Firefox: commands, answers, and what happens meanwhile.
type session struct {
	ws   *websocket.Conn
	over chan struct{} // closed when the connection is

	mu      sync.Mutex
	last    int
	waiting map[int]chan answer
	logged  map[string]func(entry) // by tab
}

// answer is what Firefox says: to a command, or by itself.
type answer struct {
	ID      int             `json:"id"`
	Result  json.RawMessage `json:"result"`
	Error   string          `json:"error"`
	Message string          `json:"message"`
	Params  entry           `json:"params"`
}

// entry is a line of a page's console, or what it threw.
type entry struct {
	Level  string `json:"level"`
	Text   string `json:"text"`
	Source struct {
		Context string `json:"context"`
	} `json:"source"`
}

// connect begins a session, which ends with the test.
func connect(t *testing.T, url string) *session {
	t.Helper()
	ws, _, err := websocket.DefaultDialer.DialContext(t.Context(), url+"/session", nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &session{ws: ws, over: make(chan struct{}), waiting: make(map[int]chan answer), logged: make(map[string]func(entry))}
	go s.read()
	t.Cleanup(func() {
		_ = ws.Close() // Firefox may have closed it
		<-s.over
	})
	s.must(t, "session.new", object{"capabilities": object{}}, nil)
	s.must(t, "session.subscribe", object{"events": []string{"log.entryAdded"}}, nil)
	return s
}

// object is one of JSON.
type object map[string]any

func (s *session) read() {
	defer close(s.over)
	for {
		var a answer
		if s.ws.ReadJSON(&a) != nil {
			return
		}
		s.mu.Lock()
		waiting, log := s.waiting[a.ID], s.logged[a.Params.Source.Context]
		delete(s.waiting, a.ID)
		s.mu.Unlock()
		if waiting != nil {
			waiting <- a
		}
		if log != nil {
			log(a.Params)
		}
	}
}

// command has Firefox do something, and puts what it answers into result, if that is wanted.
func (s *session) command(ctx context.Context, method string, params object, result any) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	answered, err := s.send(method, params)
	if err != nil {
		return err
	}
	select {
	case a := <-answered:
		if a.Error != "" {
			return fmt.Errorf("%s: %s: %s", method, a.Error, a.Message)
		}
		if result == nil {
			return nil
		}
		return json.Unmarshal(a.Result, result)
	case <-s.over:
		return fmt.Errorf("%s: Firefox is gone", method)
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", method, ctx.Err())
	}
}

func (s *session) send(method string, params object) (<-chan answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last++
	answered := make(chan answer, 1)
	s.waiting[s.last] = answered
	return answered, s.ws.WriteJSON(object{"id": s.last, "method": method, "params": params})
}

// listen has a function told of what a tab logs from now on; nil: no more.
func (s *session) listen(tab string, hear func(entry)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.logged[tab] = hear
}

// must is a command that works.
func (s *session) must(t *testing.T, method string, params object, result any) {
	t.Helper()
	if err := s.command(context.Background(), method, params, result); err != nil {
		t.Fatal(err)
	}
}
