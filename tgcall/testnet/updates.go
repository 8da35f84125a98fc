package testnet

import (
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
)

func (r *request) state() tg.UpdatesState {
	return tg.UpdatesState{Pts: r.user.box.pts(), Date: unix(time.Now())}
}

func (r *request) getState(*tg.UpdatesGetStateRequest) (bin.Encoder, error) {
	s := r.state()
	return &s, nil
}

// getDifference tells a client what it missed: messages by pts, and as "other updates" how the calls stand that concern it.
func (r *request) getDifference(q *tg.UpdatesGetDifferenceRequest) (bin.Encoder, error) {
	missed := r.user.box.since(q.Pts)
	calls := r.callUpdates(time.Unix(int64(q.Date), 0))
	if len(missed) == 0 && len(calls) == 0 {
		return &tg.UpdatesDifferenceEmpty{Date: unix(time.Now())}, nil
	}
	d := &tg.UpdatesDifference{State: r.state()}
	people := []*User{r.user}
	for _, m := range missed {
		d.NewMessages = append(d.NewMessages, m.tell())
		people = append(people, m.peer)
	}
	for _, c := range calls {
		d.OtherUpdates = append(d.OtherUpdates, c.update)
		people = append(people, c.with)
	}
	d.Users = r.viewer().seeAll(people...)
	return d, nil
}
