package mtproto

import (
	"crypto/rand"
	"testing"
	"time"

	"github.com/gotd/td/crypto"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"github.com/gotd/td/transport"
)

func intID(k crypto.AuthKey) int64 { return k.IntID() }

// bind sends auth.bindTempAuthKey for the key that p speaks with.
func bind(p *peer, perm AuthKey, expires time.Time, spoil func(*crypto.BindAuthKeyInner)) error {
	p.t.Helper()
	id := p.id()
	inner := &crypto.BindAuthKeyInner{Nonce: 5, TempAuthKeyID: intID(p.key.Key), PermAuthKeyID: intID(perm.Key), TempSessionID: p.session,
		ExpiresAt: int(expires.Unix())}
	q := &tg.AuthBindTempAuthKeyRequest{PermAuthKeyID: inner.PermAuthKeyID, Nonce: inner.Nonce, ExpiresAt: inner.ExpiresAt}
	spoil(inner)
	var err error
	if q.EncryptedMessage, err = crypto.EncryptBindMessage(rand.Reader, perm.Key, id, inner); err != nil {
		p.t.Fatal(err)
	}
	p.sendAs(id, q)
	_, err = p.result(id, &tg.BoolTrue{})
	return err
}

func TestTemporaryKeyStandsForThePermanentOne(t *testing.T) {
	w := serve(t)
	perm := w.NewKey()
	p := w.dial(t, transport.Intermediate)
	if err := bind(p, perm, time.Now().Add(time.Hour), func(*crypto.BindAuthKeyInner) {}); err != nil {
		t.Fatal(err)
	}
	if got := w.sessionsOf(perm.Key.ID); len(got) != 1 || got[0].id.key != p.key.Key.ID {
		t.Errorf("the permanent key has the sessions %v", got)
	}
	if err := bind(p, perm, time.Now().Add(-time.Hour), func(*crypto.BindAuthKeyInner) {}); err != nil {
		t.Fatal(err)
	}
	p.send(&tg.HelpGetNearestDCRequest{})
	if _, err := p.receive(); err == nil {
		t.Error("an expired key is taken")
	}
}

func TestBindingsThatProveNothing(t *testing.T) {
	w := serve(t)
	perm := w.NewKey()
	later := time.Now().Add(time.Hour)
	for name, spoil := range map[string]func(*crypto.BindAuthKeyInner){
		"nonce":   func(i *crypto.BindAuthKeyInner) { i.Nonce++ },
		"session": func(i *crypto.BindAuthKeyInner) { i.TempSessionID++ },
		"key":     func(i *crypto.BindAuthKeyInner) { i.TempAuthKeyID++ },
		"expiry":  func(i *crypto.BindAuthKeyInner) { i.ExpiresAt++ },
	} {
		if err := bind(w.dial(t, transport.Abridged), perm, later, spoil); !tgerr.Is(err, "ENCRYPTED_MESSAGE_INVALID") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	stranger := serve(t).NewKey()
	err := bind(w.dial(t, transport.Abridged), stranger, later, func(*crypto.BindAuthKeyInner) {})
	if !tgerr.Is(err, "ENCRYPTED_MESSAGE_INVALID") {
		t.Errorf("unknown key: got %v", err)
	}
}

func TestOpenBindingTakesAnyBytes(t *testing.T) {
	k := (crypto.Key{1}).WithID()
	for size := range 200 {
		sealed := append(append([]byte{}, k.ID[:]...), make([]byte, size)...)
		if _, _, err := openBinding(k, sealed); err == nil {
			t.Fatalf("%d zeroes were taken for a binding", size)
		}
	}
}
