package account

import (
	"bytes"
	"encoding/binary"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/proto"
	"github.com/gotd/td/tg"
)

// deepestMessage bounds how far containers and packed messages may be nested. Two are enough for what servers send.
const deepestMessage = 4

// countUpdates is how often gotd calls the update handler for a decrypted message: once for each updates object, also in a container
// (https://core.telegram.org/mtproto/service_messages#containers) or packed with gzip.
func countUpdates(body []byte, depth int) int {
	b := &bin.Buffer{Buf: body}
	id, err := b.PeekID()
	if err != nil || depth > deepestMessage {
		return 0
	}
	switch id {
	case proto.MessageContainerTypeID:
		return countContained(b, depth)
	case proto.GZIPTypeID:
		var packed proto.GZIP
		if packed.Decode(b) != nil {
			return 0
		}
		return countUpdates(packed.Data, depth+1)
	case tg.UpdatesTypeID, tg.UpdatesCombinedTypeID, tg.UpdateShortTypeID, tg.UpdateShortMessageTypeID,
		tg.UpdateShortChatMessageTypeID, tg.UpdateShortSentMessageTypeID, tg.UpdatesTooLongTypeID:
		if handlerAsksFirst(body) {
			return 0
		}
		return 1
	default:
		return 0
	}
}

func countContained(b *bin.Buffer, depth int) (n int) {
	var container proto.MessageContainer
	if handlerAsksFirst(b.Buf) || container.Decode(b) != nil {
		return 0
	}
	for _, m := range container.Messages {
		n += countUpdates(m.Body, depth+1)
	}
	return n
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
