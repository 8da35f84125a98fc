package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"

	"switchgram/bridge/media"
)

// vertoPhone is a user of FreeSWITCH's Verto, as a browser would be: JSON-RPC over WebSocket, sound over DTLS-SRTP. It takes every call.
// FreeSWITCH says what it speaks at https://developer.signalwire.com/freeswitch/FreeSWITCH-Explained/Modules/mod_verto_3964934/.
type vertoPhone struct {
	w       *world
	socket  *websocket.Conn
	session string
	taken   chan *vertoCall
	reading sync.WaitGroup

	mu      sync.Mutex
	last    int // id of our requests
	waiting map[int]chan<- vertoMessage
	live    map[string]*vertoCall
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

// vertoInvite is what FreeSWITCH says of a call.
type vertoInvite struct {
	CallID string `json:"callID"`
	SDP    string `json:"sdp"`
}

type object = map[string]any

// browser is the row's Verto user, who logs in when first needed.
func (w *world) browser(ctx context.Context) (v *vertoPhone, err error) {
	if w.verto == nil {
		w.verto, err = w.browserAt(ctx, w.o.verto)
	}
	return w.verto, err
}

// browserAt is a Verto user who has logged in at a profile.
func (w *world) browserAt(ctx context.Context, url string) (*vertoPhone, error) {
	if err := w.fs.needs(ctx, "mod_verto"); err != nil {
		return nil, err
	}
	user := w.o.users[vertoUser]
	password, err := w.fs.passwordOf(ctx, user)
	if err != nil {
		return nil, err
	}
	dialer := websocket.Dialer{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} // FreeSWITCH has made the certificate itself
	socket, _, err := dialer.DialContext(ctx, url, nil)
	if op := (*net.OpError)(nil); errors.As(err, &op) {
		return nil, missing("nothing listens at " + url)
	} else if err != nil {
		return nil, fmt.Errorf("verto %s: %w", url, err)
	}
	v := &vertoPhone{w: w, socket: socket, session: uuid.NewString(), taken: make(chan *vertoCall, 4), waiting: map[int]chan<- vertoMessage{}, live: map[string]*vertoCall{}}
	v.reading.Go(v.read)
	w.always.add(v.close)
	_, err = v.ask(ctx, "login", object{"login": user + "@" + w.fs.domain, "passwd": password})
	if err != nil {
		return nil, fmt.Errorf("verto: %w", err)
	}
	return v, nil
}

// close logs out.
func (v *vertoPhone) close() {
	_ = v.socket.Close()
	v.reading.Wait()
}

// ask sends a request and waits for its result.
func (v *vertoPhone) ask(ctx context.Context, method string, params object) (json.RawMessage, error) {
	answer := make(chan vertoMessage, 1)
	params["sessid"] = v.session
	text, err := json.Marshal(params)
	if err != nil {
		return nil, err
	}
	v.mu.Lock()
	v.last++
	v.waiting[v.last] = answer
	err = v.socket.WriteJSON(vertoMessage{Version: "2.0", ID: v.last, Method: method, Params: text})
	v.mu.Unlock()
	if err != nil {
		return nil, err
	}
	m, err := next(ctx, answer, method+" was not answered")
	if err == nil && m.Error != nil {
		err = fmt.Errorf("%s: %d %s", method, m.Error.Code, m.Error.Message)
	}
	return m.Result, err
}

// read takes what comes, until the socket is closed. Requests of FreeSWITCH can have the ids of ours: their method tells them apart.
func (v *vertoPhone) read() {
	defer v.endAll()
	for {
		var m vertoMessage
		if err := v.socket.ReadJSON(&m); err != nil {
			return
		}
		if m.Method == "" {
			v.mu.Lock()
			if answer := v.waiting[m.ID]; answer != nil {
				answer <- m
				delete(v.waiting, m.ID)
			}
			v.mu.Unlock()
			continue
		}
		v.handle(m)
	}
}

func (v *vertoPhone) handle(m vertoMessage) {
	v.mu.Lock()
	result, _ := json.Marshal(object{"method": m.Method}) // two strings
	_ = v.socket.WriteJSON(vertoMessage{Version: "2.0", ID: m.ID, Result: result})
	v.mu.Unlock()
	var call vertoInvite
	if err := json.Unmarshal(m.Params, &call); err != nil {
		return
	}
	switch m.Method {
	case "verto.invite":
		v.reading.Go(func() { v.take(call) })
	case "verto.bye":
		v.mu.Lock()
		c := v.live[call.CallID]
		delete(v.live, call.CallID)
		v.mu.Unlock()
		if c != nil {
			c.close()
		}
	}
}

// take answers a call.
func (v *vertoPhone) take(invite vertoInvite) {
	ctx, cancel := context.WithTimeout(context.Background(), answerTime)
	defer cancel()
	c, answer, err := newVertoCall(ctx, invite)
	if err == nil {
		v.mu.Lock()
		v.live[invite.CallID] = c
		v.mu.Unlock()
		_, err = v.ask(ctx, "verto.answer", object{"sdp": answer, "dialogParams": object{"callID": invite.CallID}})
	}
	if err != nil {
		v.w.log.Error("verto call", "err", err)
		return
	}
	v.taken <- c
}

func (v *vertoPhone) endAll() {
	v.mu.Lock()
	defer v.mu.Unlock()
	for id, c := range v.live {
		c.close()
		delete(v.live, id)
	}
}

// answered is the party whose call the browser has taken.
func (v *vertoPhone) answered(ctx context.Context) (*party, error) {
	c, err := next(ctx, v.taken, "the verto user was not called, or could not answer")
	if err != nil {
		return nil, err
	}
	return v.w.newParty(media.Stream(c), func(ctx context.Context) error {
		_, err := v.ask(ctx, "verto.bye", object{"cause": "NORMAL_CLEARING", "causeCode": 16, "dialogParams": object{"callID": c.id}})
		c.close()
		if err != nil && strings.Contains(err.Error(), "CALL DOES NOT EXIST") {
			return nil // it has ended
		}
		return err
	}), nil
}
