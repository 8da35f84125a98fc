package rival

import (
	"context"
	"fmt"
	"sync"

	"switchgram/verto/vertotest"
)

// verto is a user of FreeSWITCH's mod_verto and what becomes of its calls. It may be used concurrently.
type verto struct {
	client *vertotest.Client

	mu    sync.Mutex
	calls map[string]chan<- string // by callID: where FreeSWITCH's description goes; closed when the call is over
}

type object = map[string]any

// dialVerto connects and logs in.
func dialVerto(ctx context.Context, url, user, password string) (*verto, error) {
	v := &verto{calls: map[string]chan<- string{}}
	client, err := vertotest.Dial(ctx, url, vertotest.Options{Handle: v.handle})
	if err != nil {
		return nil, err
	}
	v.client = client
	if err := client.Login(ctx, user, password); err != nil {
		_ = client.Close() // it is of no use
		return nil, fmt.Errorf("verto: %w", err)
	}
	return v, nil
}

// invite calls a number and returns FreeSWITCH's description.
func (v *verto) invite(ctx context.Context, callID, number, offer string) (string, error) {
	described := make(chan string, 1)
	v.mu.Lock()
	v.calls[callID] = described
	v.mu.Unlock()
	_, err := v.client.Ask(ctx, "verto.invite", object{"sdp": offer, "dialogParams": object{"callID": callID, "destination_number": number}})
	if err != nil {
		return "", err
	}
	select {
	case sdp, ok := <-described:
		if !ok {
			return "", vertotest.ErrOver
		}
		return sdp, nil
	case <-v.client.Over():
		return "", vertotest.ErrOver
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// bye ends a call.
func (v *verto) bye(ctx context.Context, callID string) error {
	v.forget(callID)
	_, err := v.client.Ask(ctx, "verto.bye", object{"cause": "NORMAL_CLEARING", "causeCode": 16, "dialogParams": object{"callID": callID}})
	return err
}

func (v *verto) forget(callID string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if described, ok := v.calls[callID]; ok {
		close(described)
		delete(v.calls, callID)
	}
}

// handle takes a request of FreeSWITCH's.
func (v *verto) handle(r vertotest.Request) {
	var call struct {
		CallID string `json:"callID"`
		SDP    string `json:"sdp"`
	}
	r.Read(&call)
	switch r.Method {
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

func (v *verto) close() error { return v.client.Close() }
