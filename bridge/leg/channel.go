package leg

import (
	"context"
	"sync/atomic"
	"time"

	"switchgram/bridge"
	"switchgram/bridge/eventsocket"
	"switchgram/bridge/sip"
)

// goodbye is how long a dialog whose channel is gone may take to end.
const goodbye = 5 * time.Second

// channel is FreeSWITCH's view of the leg, as its event socket tells it.
type channel struct {
	followed *eventsocket.Channel // nil: nobody follows it
	gone     atomic.Uint32        // the bridge.Cause for which it ended though SIP has not said so; 0: it has not
}

// follow follows a channel from before it exists.
func (l FreeSWITCHLine) follow(callID string, call bridge.CallID) *eventsocket.Channel {
	if l.Socket == nil {
		return nil
	}
	return l.Socket.Follow(callID, call)
}

// take ends the leg when its channel is gone.
func (f *FreeSWITCH) take(c *eventsocket.Channel) {
	if f.channel.followed = c; c != nil {
		c.OnGone(f.vanished)
	}
}

// vanished ends a dialog whose channel is gone without a word, as after a restart of FreeSWITCH.
func (f *FreeSWITCH) vanished(why bridge.Cause) {
	f.channel.gone.Store(uint32(why))
	ctx, cancel := context.WithTimeout(context.Background(), goodbye)
	defer cancel()
	_ = f.dialog.Hangup(ctx, sip.Hangup{Status: why.SIPStatus(), Q850: int(why), Text: why.String()}) // nobody is there to hear it
}

// ended is how the leg ended, given how its dialog did.
func (c *channel) ended(end bridge.Ended) bridge.Ended {
	if why := bridge.Cause(c.gone.Load()); why != 0 && !end.Remote {
		end.Cause, end.Remote, end.Text = why, true, "its channel is gone"
	}
	return end
}

func unfollow(c *eventsocket.Channel) {
	if c != nil {
		c.Close()
	}
}
