package mtproto

import (
	"crypto/rand"
	"encoding/binary"
	"net"
	"sync"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/crypto"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/tg"
)

// maxSessions of one key: a client that makes a new session each time it connects loses its oldest one.
const maxSessions = 32

// sessionID names a session: clients choose the number, so it means something only together with the key.
type sessionID struct {
	key KeyID
	id  int64
}

// Session is a client's session. It outlives its connection, so that a client that is back soon finds its answers.
type Session struct {
	s    *Server
	id   sessionID
	key  crypto.AuthKey
	born time.Time

	mu      sync.Mutex
	conn    *conn // nil: not connected
	begun   bool
	layer   int
	device  tg.InitConnectionRequest
	updates bool
	seq     int32
	unacked []sent // content messages the client has not acknowledged, oldest first
	asked   answers
}

// session finds or makes the session that a message belongs to.
func (s *Server) session(k entry, id int64) *Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	sid := sessionID{key: k.key.ID, id: id}
	if x, ok := s.sessions[sid]; ok {
		return x
	}
	s.forgetOldest(sid.key)
	x := &Session{s: s, id: sid, key: k.key, born: time.Now(), asked: newAnswers()}
	s.sessions[sid] = x
	return x
}

// forgetOldest makes room for one more session of a key. Called with mu held.
func (s *Server) forgetOldest(key KeyID) {
	var oldest *Session
	n := 0
	for _, x := range s.sessions {
		if x.id.key != key {
			continue
		}
		n++
		if !x.Connected() && (oldest == nil || x.born.Before(oldest.born)) {
			oldest = x
		}
	}
	if n >= maxSessions && oldest != nil {
		delete(s.sessions, oldest.id)
	}
}

// forget removes a session that the client has destroyed; false: there is none.
func (s *Server) forget(id sessionID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.sessions[id]
	delete(s.sessions, id)
	return ok
}

// salt is the one that the session's key has now.
func (x *Session) salt() int64 { return x.s.keys.salt(x.id.key) }

// Key is the permanent key that the session speaks for.
func (x *Session) Key() KeyID { return x.s.keys.permanent(x.id.key) }

// Connected says whether the session has a connection now.
func (x *Session) Connected() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.conn != nil
}

// Layer of the API that the client speaks, 0 if it has not said.
func (x *Session) Layer() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.layer
}

// Device is what the client told about itself in initConnection. Its Query is nil.
func (x *Session) Device() tg.InitConnectionRequest {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.device
}

// WantsUpdates says whether the client has made a request on this session that was not wrapped in invokeWithoutUpdates.
func (x *Session) WantsUpdates() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.updates
}

// Push sends v, which is encoded before Push returns. It does not block: a client that does not read fast enough is disconnected, and one that is
// not connected gets net.ErrClosed; what it missed it must ask for.
func (x *Session) Push(v bin.Encoder) error {
	c := x.current()
	if c == nil {
		return net.ErrClosed
	}
	return c.send(x, message{kind: proto.MessageFromServer, content: true, body: v})
}

// Disconnect cuts the connection that the session is on.
func (x *Session) Disconnect() {
	if c := x.current(); c != nil {
		c.cancel()
	}
}

func (x *Session) current() *conn {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.conn
}

// attach moves the session to c. First is true once in its life.
func (x *Session) attach(c *conn) (first bool, unacked []sent) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.conn == c {
		return false, nil
	}
	x.conn = c
	first, x.begun = !x.begun, true
	return first, append(unacked, x.unacked...)
}

// detach is called when c has gone.
func (x *Session) detach(c *conn) {
	x.mu.Lock()
	mine := x.conn == c
	if mine {
		x.conn = nil
	}
	x.mu.Unlock()
	if mine {
		x.s.o.Handler.Closed(x)
	}
}

// number gives a message its sequence number: twice the content messages before it, plus one if it is one itself.
func (x *Session) number(content bool) int32 {
	x.mu.Lock()
	defer x.mu.Unlock()
	n := x.seq * 2
	if content {
		n++
		x.seq++
	}
	return n
}

// seal encrypts m for the wire.
func (x *Session) seal(m sent, b *bin.Buffer) error {
	return x.s.cipher.Encrypt(x.key, crypto.EncryptedMessageData{
		Salt: x.salt(), SessionID: x.id.id, MessageID: m.id, SeqNo: m.seqNo,
		MessageDataLen: int32(len(m.body)), MessageDataWithPadding: m.body,
	}, b)
}

func sessionCreated(first, salt int64) message {
	var unique [8]byte
	_, _ = rand.Read(unique[:])
	return message{kind: proto.MessageFromServer, content: true, body: &mt.NewSessionCreated{
		FirstMsgID: first, UniqueID: int64(binary.LittleEndian.Uint64(unique[:])), ServerSalt: salt}}
}
