package tgcall

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pion/rtp"

	"switchgram/tgcall/engine"
)

// media is what a call needs of *engine.Engine.
type media interface {
	Run(ctx context.Context) error
	Receive(blob []byte)
	Events() <-chan engine.Event
	OnRTP(func(*rtp.Packet))
	WriteRTP(*rtp.Packet) error
	Mute(bool)
	Stats() engine.Stats
	Times() engine.Times
}

// start makes the media and lets it run.
func (o *owner) start() {
	m, err := o.client.newMedia(o.mediaConfig())
	if err != nil {
		if errors.As(err, new(*engine.ParameterError)) {
			o.log.Warn("telegram asks for an experiment that is not supported", "err", err)
		}
		o.then(mediaEnded{fmt.Errorf("media: %w", err)})
		return
	}
	o.sound.open(m)
	o.media, o.mediaEvents = m, m.Events()
	for _, b := range o.blobs {
		m.Receive(b)
	}
	o.blobs = nil
	ctx, stop := context.WithCancel(context.WithoutCancel(o.ctx))
	o.stopMedia = stop
	o.task(func(context.Context) result {
		defer stop()
		return result{event: mediaEnded{m.Run(ctx)}}
	})
}

func (o *owner) mediaConfig() engine.Config {
	options := o.client.o
	config := engine.Config{
		Version: o.Version(), Key: o.key, Outgoing: o.outgoing,
		P2P: o.final.P2PAllowed, Servers: serversOf(o.final.Connections, o.log), CustomParameters: customParametersOf(o.final),
		Muted: o.sound.isMuted(), Log: o.log, Send: o.signal,
		NoMedia: options.Timeouts.Media, Port: options.Engine.Port, Loopback: options.Engine.Loopback, RelayOnly: options.Engine.RelayOnly,
	}
	o.log.Debug("telegram call agreed", "version", config.Version, "p2p", config.P2P, "servers", kindsOf(config.Servers),
		"custom_parameters", string(config.CustomParameters[:min(len(config.CustomParameters), maxLogged)]))
	return config
}

// maxLogged is how much of the custom parameters is logged, in bytes.
const maxLogged = 512

// goneGrace is how long the word that a call is over may come after Telegram has refused its signalling.
const goneGrace = 2 * time.Second

// signal sends a blob for the engine. When Telegram does not know the call any more, phoneCallDiscarded is on its way, and says
// why: it is waited for.
func (o *owner) signal(ctx context.Context, data []byte) error {
	err := o.client.signal(ctx, o.input(), data)
	if !isOver(err) {
		return err
	}
	timer := time.NewTimer(goneGrace)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
	return errors.Join(engine.ErrSignalling, err)
}
