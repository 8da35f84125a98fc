package testnet

import (
	"testing"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"

	"switchgram/tgcall/testnet/mtproto"
)

// FuzzRequest feeds requests of a client that is logged in, to the network as a whole: what one leaves behind the next one meets.
func FuzzRequest(f *testing.F) {
	n, err := Start(f.Context(), Options{LoginCode: "24680"})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(n.Close)
	ann := n.AddUser(UserOptions{Phone: "4930111111", Username: "ann"})
	bob := n.AddUser(UserOptions{Phone: "4930222222", Username: "bob"})
	device := n.deviceOfKey(n.centres[0], mtproto.KeyID{1})
	n.authorise(device, ann)
	to := &tg.InputUser{UserID: bob.ID(), AccessHash: n.accessHash(ann, bob)}
	protocol := tg.PhoneCallProtocol{UDPP2P: true, MinLayer: 65, MaxLayer: 92, LibraryVersions: []string{"9.0.0"}}
	for _, v := range []bin.Encoder{
		&tg.PhoneRequestCallRequest{UserID: to, RandomID: 1, GAHash: make([]byte, hashSize), Protocol: protocol},
		&tg.PhoneDiscardCallRequest{Duration: -1, Reason: &tg.PhoneCallDiscardReasonBusy{}},
		&tg.MessagesSendMessageRequest{Peer: &tg.InputPeerSelf{}, Message: "x", RandomID: 1},
		&tg.MessagesGetHistoryRequest{Peer: &tg.InputPeerSelf{}, Limit: -1},
		&tg.UpdatesGetDifferenceRequest{Pts: -5}, &tg.UpdatesGetDifferenceRequest{Pts: 1 << 30, Date: -1},
		&tg.AuthSignInRequest{PhoneNumber: "+", PhoneCodeHash: "x"}, &tg.MessagesGetDhConfigRequest{RandomLength: -1},
		&tg.UsersGetUsersRequest{ID: []tg.InputUserClass{to, &tg.InputUserEmpty{}}},
		&tg.AuthCheckPasswordRequest{Password: &tg.InputCheckPasswordSRP{}}, &tg.AccountGetPasswordRequest{},
	} {
		var b bin.Buffer
		if err := v.Encode(&b); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Buf)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		id, err := (&bin.Buffer{Buf: body}).PeekID()
		if err != nil {
			return
		}
		n.mu.Lock()
		defer n.mu.Unlock()
		n.authorise(device, ann) // it may have logged out
		r := &request{n: n, session: new(mtproto.Session), device: device, user: ann}
		answer, err := r.do(&mtproto.Request{Method: id, Body: body})
		if (answer == nil) == (err == nil) {
			t.Errorf("%s was answered %v and refused %v", n.nameOf(id), answer, err)
		}
		for _, f := range r.after {
			f()
		}
		if answer != nil {
			if err := answer.Encode(new(bin.Buffer)); err != nil {
				t.Errorf("%s: %v", n.nameOf(id), err)
			}
		}
	})
}
