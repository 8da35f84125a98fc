package mtproto

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// bind answers auth.bindTempAuthKey, https://core.telegram.org/method/auth.bindTempAuthKey: the client proves, with a message encrypted by its
// permanent key in the manner of MTProto 1.0, that the temporary key it speaks with is its own.
func (r *Request) bind() {
	var q tg.AuthBindTempAuthKeyRequest
	if err := q.Decode(&bin.Buffer{Buf: r.Body}); err != nil {
		r.Fail(tgerr.New(400, "INPUT_FETCH_ERROR"))
		return
	}
	perm := intKeyID(q.PermAuthKeyID)
	if err := r.checkBinding(perm, &q); err != nil {
		r.in.c.s.o.Log.Debug("temporary key refused", "err", err)
		r.Fail(tgerr.New(400, "ENCRYPTED_MESSAGE_INVALID"))
		return
	}
	r.in.c.s.keys.bind(r.Session.id.key, perm, time.Unix(int64(q.ExpiresAt), 0))
	r.Answer(&tg.BoolTrue{})
}

func (r *Request) checkBinding(perm KeyID, q *tg.AuthBindTempAuthKeyRequest) error {
	k, ok := r.in.c.s.keys.get(perm)
	if !ok {
		return errors.New("unknown permanent key")
	}
	msgID, inner, err := openBinding(k.key, q.EncryptedMessage)
	if err != nil {
		return err
	}
	switch {
	case msgID != r.in.msgID:
		return errors.New("bound in another message")
	case inner.Nonce != q.Nonce, inner.ExpiresAt != q.ExpiresAt, inner.PermAuthKeyID != q.PermAuthKeyID:
		return errors.New("request and encrypted message differ")
	case intKeyID(inner.TempAuthKeyID) != r.Session.id.key, inner.TempSessionID != r.Session.id.id:
		return errors.New("another temporary key or session")
	}
	return nil
}

func intKeyID(id int64) (k KeyID) {
	binary.LittleEndian.PutUint64(k[:], uint64(id))
	return k
}

// bindHeader is random:int128 msg_id:long seq_no:int msg_len:int.
const bindHeader = 16 + 8 + 4 + 4

// openBinding decrypts the binding message. Its key is over the plaintext without padding, so the length inside is needed first.
func openBinding(perm crypto.AuthKey, sealed []byte) (msgID int64, inner crypto.BindAuthKeyInner, err error) {
	var m crypto.EncryptedMessage
	if err := m.Decode(&bin.Buffer{Buf: sealed}); err != nil {
		return 0, inner, err
	}
	if m.AuthKeyID != perm.ID || len(m.EncryptedData)%aes.BlockSize != 0 || len(m.EncryptedData) < bindHeader {
		return 0, inner, errors.New("binding message: wrong key or length")
	}
	key, iv := crypto.KeysV1(perm.Value, m.MsgKey)
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return 0, inner, err
	}
	plain := decryptIGE(block, iv[:], m.EncryptedData)
	size := binary.LittleEndian.Uint32(plain[bindHeader-4:])
	if uint64(size) > uint64(len(plain)-bindHeader) {
		return 0, inner, errors.New("binding message: length inside is wrong")
	}
	plain = plain[:bindHeader+int(size)]
	if crypto.MessageKeyV1(plain) != m.MsgKey {
		return 0, inner, errors.New("binding message: wrong message key")
	}
	err = inner.Decode(&bin.Buffer{Buf: plain[bindHeader:]})
	return int64(binary.LittleEndian.Uint64(plain[16:])), inner, err
}

// decryptIGE undoes AES in infinite garble extension mode: each block is mixed with the ciphertext before it and the plaintext before it. The
// first half of iv stands for the former, the second for the latter, https://core.telegram.org/mtproto/description#defining-aes-key-and-initialization-vector
func decryptIGE(block cipher.Block, iv, sealed []byte) []byte {
	plain := make([]byte, len(sealed))
	before, out := iv[:aes.BlockSize], iv[aes.BlockSize:]
	for i := 0; i < len(sealed); i += aes.BlockSize {
		dst, src := plain[i:i+aes.BlockSize], sealed[i:i+aes.BlockSize]
		subtle.XORBytes(dst, src, out)
		block.Decrypt(dst, dst)
		subtle.XORBytes(dst, dst, before)
		before, out = src, dst
	}
	return plain
}
