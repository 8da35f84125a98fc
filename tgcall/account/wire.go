package account

import (
	"bytes"
	"encoding/binary"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/mt"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/tg"
)

// deepestMessage bounds how far containers and packed messages may be nested. Two are enough for what servers send.
const deepestMessage = 4

// glance is what we look for in a message.
type glance struct {
	updates    int  // how often gotd calls the update handler: once for each updates object
	newSession bool // the server has begun a session
}

// look adds what a decrypted message has in it, also in a container
// (https://core.telegram.org/mtproto/service_messages#containers) or packed with gzip.
func (s *glance) look(body []byte, depth int) {
	b := &bin.Buffer{Buf: body}
	id, err := b.PeekID()
	if err != nil || depth > deepestMessage {
		return
	}
	switch id {
	case proto.MessageContainerTypeID:
		s.lookInside(b, depth)
	case proto.GZIPTypeID:
		var packed proto.GZIP
		if packed.Decode(b) == nil {
			s.look(packed.Data, depth+1)
		}
	case mt.NewSessionCreatedTypeID:
		s.newSession = true
	case tg.UpdatesTypeID, tg.UpdatesCombinedTypeID, tg.UpdateShortTypeID, tg.UpdateShortMessageTypeID,
		tg.UpdateShortChatMessageTypeID, tg.UpdateShortSentMessageTypeID, tg.UpdatesTooLongTypeID:
		if !handlerAsksFirst(body) {
			s.updates++
		}
	}
}

func (s *glance) lookInside(b *bin.Buffer, depth int) {
	var container proto.MessageContainer
	if handlerAsksFirst(b.Buf) || container.Decode(b) != nil {
		return
	}
	for _, m := range container.Messages {
		s.look(m.Body, depth+1)
	}
}

// handlerAsksFirst says that gotd makes a request before it calls the handler: it fetches the configuration when told that it has
// changed. Whoever waits for that handler before reading on waits for an answer that nobody reads. Four bytes that merely look
// so cost one message its place.
func handlerAsksFirst(body []byte) bool {
	return containsID(body, tg.UpdateConfigTypeID) || containsID(body, tg.UpdateDCOptionsTypeID)
}

func containsID(body []byte, id uint32) bool {
	return bytes.Contains(body, binary.LittleEndian.AppendUint32(nil, id))
}
