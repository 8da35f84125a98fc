package mtproto

import (
	"slices"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
)

// A client message must not be older or newer than this, https://core.telegram.org/mtproto/description#message-identifier-msg-id
const (
	maxPast   = 300 * time.Second
	maxFuture = 30 * time.Second
)

// Codes of bad_msg_notification,
// https://core.telegram.org/mtproto/service_messages_about_messages#notice-of-ignored-error-message
const (
	codeTooLow    = 16
	codeTooHigh   = 17
	codeLowBits   = 18
	codeSalt      = 48
	codeContainer = 64
)

// maxUnacked messages are kept for a client that does not acknowledge; then the oldest is forgotten.
const maxUnacked = 256

// message is one that is to be sent. Content messages must be acknowledged by the client.
type message struct {
	kind    proto.MessageType
	content bool
	body    bin.Encoder
}

// sent is a message with its number, encoded.
type sent struct {
	id    int64
	seqNo int32
	body  []byte
}

// raw is a value that is encoded already. gotd's Encode writes the flags of the value that it encodes, so values must not be shared between
// sessions; their bytes may.
type raw []byte

// Encode puts the bytes.
func (r raw) Encode(b *bin.Buffer) error {
	b.Put(r)
	return nil
}

func encode(v bin.Encoder) ([]byte, error) {
	if r, ok := v.(raw); ok {
		return r, nil
	}
	var b bin.Buffer
	err := v.Encode(&b)
	return b.Buf, err
}

// response is a message in answer to one of the client's that needs no acknowledgement.
func response(body bin.Encoder) message {
	return message{kind: proto.MessageServerResponse, body: body}
}

// checkMessageID returns the code of what is wrong, or 0. Sequence numbers are not checked: clients differ in how they count repeated messages.
func checkMessageID(now time.Time, id int64) int {
	switch at := time.Unix(id>>32, 0); {
	case id&3 != 0:
		return codeLowBits
	case now.Sub(at) > maxPast:
		return codeTooLow
	case at.Sub(now) > maxFuture:
		return codeTooHigh
	}
	return 0
}

func badMessage(m *crypto.EncryptedMessageData, code int) message {
	return response(&mt.BadMsgNotification{BadMsgID: m.MessageID, BadMsgSeqno: int(m.SeqNo), ErrorCode: code})
}

func badSalt(m *crypto.EncryptedMessageData, salt int64) message {
	return response(&mt.BadServerSalt{BadMsgID: m.MessageID, BadMsgSeqno: int(m.SeqNo), ErrorCode: codeSalt, NewServerSalt: salt})
}

// keep remembers a content message until it is acknowledged.
func (x *Session) keep(m sent) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.unacked) == maxUnacked {
		x.unacked = slices.Delete(x.unacked, 0, 1)
	}
	x.unacked = append(x.unacked, m)
}

// acknowledge forgets the messages that the client says it has.
func (x *Session) acknowledge(ids []int64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.unacked = slices.DeleteFunc(x.unacked, func(m sent) bool { return slices.Contains(ids, m.id) })
}

// kept returns those of the messages that are not acknowledged.
func (x *Session) kept(ids []int64) []sent {
	x.mu.Lock()
	defer x.mu.Unlock()
	var found []sent
	for _, m := range x.unacked {
		if slices.Contains(ids, m.id) {
			found = append(found, m)
		}
	}
	return found
}
