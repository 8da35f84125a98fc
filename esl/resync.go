package esl

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// Resync is what a Client puts among the events of its watches whenever it has connected. What happened between Since and now was not heard.
//
// A watch of a channel gets it on an event that holds all that FreeSWITCH knows of the channel (CHANNEL_DATA), or nothing but its Unique-ID if
// there is no such channel. Events that FreeSWITCH sent a moment before may follow it.
type Resync struct {
	// Since is when the connection was lost; the zero time if there was none before.
	Since time.Time
	// Restarted: it is not the FreeSWITCH of before. All its channels are gone.
	Restarted bool
	// Gone: the watched channel does not exist. It may have ended, or not exist yet.
	Gone bool
	// Channels are all channels there are, for the watches Listen made.
	Channels []Channel
}

// resyncAtOnce is how many channels are asked for at the same time.
const resyncAtOnce = 32

// resync tells every watch how things stand.
func (c *Client) resync(ctx context.Context, conn *Conn) error {
	core, err := conn.API(ctx, "global_getvar core_uuid")
	if err != nil {
		return c.allowed(err)
	}
	note := c.gap(strings.TrimSpace(core))
	channels, err := conn.Channels(ctx)
	if err != nil {
		return c.allowed(err)
	}
	all := note
	all.Channels = channels
	c.router.tell("", &Event{Resync: &all})
	return c.resyncWatches(ctx, conn, note)
}

// allowed lets a user whose esl-allowed-api is short have a connection all the same.
func (c *Client) allowed(err error) error {
	if refused := (*ReplyError)(nil); errors.As(err, &refused) {
		c.o.Log.Warn("watches are not told what happened while there was no connection", "err", err)
		return nil
	}
	return fmt.Errorf("resync: %w", err)
}

func (c *Client) gap(core string) Resync {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := Resync{Since: c.lost, Restarted: c.core != "" && c.core != core}
	c.core = core
	return r
}

// resyncWatches asks for many channels at once: with a thousand of them a round trip each would take long.
func (c *Client) resyncWatches(ctx context.Context, conn *Conn, note Resync) error {
	uuids := make(chan string)
	failed := make(chan error, resyncAtOnce)
	var asking sync.WaitGroup
	for range resyncAtOnce {
		asking.Go(func() {
			for uuid := range uuids {
				if err := c.resyncOne(ctx, conn, uuid, note); err != nil {
					select {
					case failed <- err:
					default:
					}
				}
			}
		})
	}
	for _, uuid := range c.router.watched() {
		uuids <- uuid
	}
	close(uuids)
	asking.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

func (c *Client) resyncOne(ctx context.Context, conn *Conn, uuid string, note Resync) error {
	e, err := conn.Dump(ctx, uuid)
	if err != nil && !noSuchChannel(err) {
		return c.allowed(err)
	}
	if err != nil {
		note.Gone = true
		const name = "Unique-ID"
		e = &Event{headers: headers{name + uuid, []header{{part(0, len(name), verbatim), part(len(name), len(name)+len(uuid), verbatim)}}}}
	}
	e.Resync = &note
	c.router.tell(uuid, e)
	return nil
}

func noSuchChannel(err error) bool {
	refused := (*ReplyError)(nil)
	return errors.As(err, &refused) && strings.HasPrefix(refused.Text, "No such channel") || errors.Is(err, ErrUnsafe)
}
