package rival

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/gorilla/websocket"
)

// verto is a user of FreeSWITCH's mod_verto, who speaks as a browser does:
// https://developer.signalwire.com/freeswitch/FreeSWITCH-Explained/Modules/mod_verto_3964934/. It may be used concurrently.
type verto struct {
	socket  *websocket.Conn
	session string
	reading sync.WaitGroup

	mu      sync.Mutex // and around writing
	last    int        // id of our requests
	waiting map[int]chan<- vertoMessage
	calls   map[string]chan<- string // by callID: where FreeSWITCH's description goes; closed when the call is over
}

// vertoMessage is what goes over the socket, either way.
type vertoMessage struct {
	Version string          `json:"jsonrpc"`
	ID      int             `json:"id"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"error,omitempty"`
}

type object = map[string]any

var errVertoOver = errors.New("verto: the call, or the connection, is over")

// dialVerto connects and logs in.
func dialVerto(ctx context.Context, url, user, password string) (*verto, error) {
	socket, _, err := websocket.DefaultDialer.DialContext(ctx, url, nil)
	if err != nil {
		return nil, fmt.Errorf("verto: %w", err)
	}
	v := &verto{socket: socket, session: rand.Text(), waiting: map[int]chan<- vertoMessage{}, calls: map[string]chan<- string{}}
	v.reading.Go(v.read)
	if err := v.ask(ctx, "login", object{"login": user, "passwd": password}); err != nil {
		return nil, errors.Join(err, v.close())
	}
	return v, nil
}

// ask sends a request and waits for its result.
func (v *verto) ask(ctx context.Context, method string, params object) error {
	params["sessid"] = v.session
	text, err := json.Marshal(params)
	if err != nil {
		return err
	}
	answer := make(chan vertoMessage, 1)
	v.mu.Lock()
	v.last++
	id := v.last
	v.waiting[id] = answer
	err = v.socket.WriteJSON(vertoMessage{Version: "2.0", ID: id, Method: method, Params: text})
	v.mu.Unlock()
	if err != nil {
		return fmt.Errorf("verto: %s: %w", method, err)
	}
	select {
	case m, ok := <-answer:
		switch {
		case !ok:
			return errVertoOver
		case m.Error != nil:
			return fmt.Errorf("verto: %s: %d %s", method, m.Error.Code, m.Error.Message)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("verto: %s: %w", method, context.Cause(ctx))
	}
}

// invite calls a number and returns FreeSWITCH's description.
func (v *verto) invite(ctx context.Context, callID, number, offer string) (string, error) {
	described := make(chan string, 1)
	v.mu.Lock()
	v.calls[callID] = described
	v.mu.Unlock()
	err := v.ask(ctx, "verto.invite", object{"sdp": offer, "dialogParams": object{"callID": callID, "destination_number": number}})
	if err != nil {
		return "", err
	}
	select {
	case sdp, ok := <-described:
		if !ok {
			return "", errVertoOver
		}
		return sdp, nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// bye ends a call.
func (v *verto) bye(ctx context.Context, callID string) error {
	v.forget(callID)
	return v.ask(ctx, "verto.bye", object{"cause": "NORMAL_CLEARING", "causeCode": 16, "dialogParams": object{"callID": callID}})
}

func (v *verto) forget(callID string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if described, ok := v.calls[callID]; ok {
		close(described)
		delete(v.calls, callID)
	}
}

// read takes what comes, until the socket is closed. FreeSWITCH numbers its requests itself: it is the method that tells them from answers.
func (v *verto) read() {
	defer v.end()
	for {
		var m vertoMessage
		if err := v.socket.ReadJSON(&m); err != nil {
			return
		}
		if m.Method != "" {
			v.handle(m)
			continue
		}
		v.mu.Lock()
		if answer := v.waiting[m.ID]; answer != nil {
			answer <- m
			delete(v.waiting, m.ID)
		}
		v.mu.Unlock()
	}
}

// handle takes a request. mod_verto waits for no answers.
func (v *verto) handle(m vertoMessage) {
	var call struct {
		CallID string `json:"callID"`
		SDP    string `json:"sdp"`
	}
	if json.Unmarshal(m.Params, &call) != nil {
		return
	}
	switch m.Method {
	case "verto.bye":
		v.forget(call.CallID)
	case "verto.media", "verto.answer":
		v.mu.Lock()
		defer v.mu.Unlock()
		if described := v.calls[call.CallID]; described != nil && call.SDP != "" {
			select {
			case described <- call.SDP:
			default: // it was told before
			}
		}
	}
}

// end tells everybody who waits that nothing comes any more.
func (v *verto) end() {
	v.mu.Lock()
	defer v.mu.Unlock()
	for id, answer := range v.waiting {
		close(answer)
		delete(v.waiting, id)
	}
	for id, described := range v.calls {
		close(described)
		delete(v.calls, id)
	}
}

func (v *verto) close() error {
	err := v.socket.Close()
	v.reading.Wait()
	return err
}
