package testnet

import (
	"slices"
	"time"
	"unicode/utf8"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// messageLengthMax is told in help.getConfig too.
const messageLengthMax = 4096

// historyMax messages or dialogs are told at once.
const historyMax = 100

func (r *request) sendMessage(q *tg.MessagesSendMessageRequest) (bin.Encoder, error) {
	to, err := r.inputPeer(q.Peer)
	switch {
	case err != nil:
		return nil, err
	case q.Message == "":
		return nil, tgerr.New(400, "MESSAGE_EMPTY")
	case utf8.RuneCountInString(q.Message) > messageLengthMax:
		return nil, tgerr.New(400, "MESSAGE_TOO_LONG")
	case to.blocked[r.user]:
		return nil, tgerr.New(403, "USER_IS_BLOCKED")
	case r.user.blocked[to]:
		return nil, tgerr.New(400, "YOU_BLOCKED_USER")
	case r.user.box.sent(q.RandomID):
		return nil, tgerr.New(500, "RANDOM_ID_DUPLICATE")
	}
	mine := message{owner: r.user, peer: to, out: true, date: time.Now(), text: q.Message, random: q.RandomID}.put()
	r.then(func() { r.n.pushAll(r.user, r.device, func(v viewer) bin.Encoder { return mine.announce(v) }) })
	if to != r.user { // else it is a note to oneself
		theirs := message{owner: to, peer: r.user, date: mine.date, text: q.Message}.put()
		r.then(func() { r.n.pushAll(to, nil, func(v viewer) bin.Encoder { return theirs.announce(v) }) })
	}
	return &tg.UpdateShortSentMessage{Out: true, ID: mine.id, Pts: mine.pts(), PtsCount: 1, Date: unix(mine.date)}, nil
}

func (b *box) sent(random int64) bool {
	return random != 0 && slices.ContainsFunc(b.messages, func(m *message) bool { return m.random == random })
}

func (r *request) getHistory(q *tg.MessagesGetHistoryRequest) (bin.Encoder, error) {
	with, err := r.inputPeer(q.Peer)
	if err != nil {
		return nil, err
	}
	answer := &tg.MessagesMessages{Users: r.viewer().seeAll(r.user, with)}
	for _, m := range slices.Backward(r.user.box.messages) { // the newest comes first
		if m.peer == with && (q.OffsetID == 0 || m.id < q.OffsetID) && len(answer.Messages) < limit(q.Limit) {
			answer.Messages = append(answer.Messages, m.tell())
		}
	}
	return answer, nil
}

func limit(asked int) int {
	if asked <= 0 || asked > historyMax {
		return historyMax
	}
	return asked
}

func (r *request) getDialogs(q *tg.MessagesGetDialogsRequest) (bin.Encoder, error) {
	answer := &tg.MessagesDialogs{}
	var with []*User
	for _, m := range slices.Backward(r.user.box.messages) {
		if slices.Contains(with, m.peer) || len(with) == limit(q.Limit) {
			continue
		}
		with = append(with, m.peer)
		answer.Dialogs = append(answer.Dialogs, &tg.Dialog{Peer: &tg.PeerUser{UserID: m.peer.o.ID}, TopMessage: m.id})
		answer.Messages = append(answer.Messages, m.tell())
	}
	answer.Users = r.viewer().seeAll(append(with, r.user)...)
	return answer, nil
}

// readHistory: the network does not count what was read.
func (r *request) readHistory(*tg.MessagesReadHistoryRequest) (bin.Encoder, error) {
	return &tg.MessagesAffectedMessages{Pts: r.user.box.pts()}, nil
}
