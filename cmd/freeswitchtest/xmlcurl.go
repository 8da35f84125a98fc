package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"switchgram/bridge/sip"
	"switchgram/bridge/sip/sdp"
	"switchgram/bridge/sip/siptest"
	"switchgram/esl"
	"switchgram/xml"
)

// configurations are the rows about what FreeSWITCH reads from us, by mod_xml_curl.
func configurations() []row {
	return []row{
		{"xml_curl: a profile of SIP from our sofia.conf", sofiaServed},
		{"xml_curl: a profile of Verto from our verto.conf, by wss", vertoServed},
		{"xml_curl: the event socket from our event_socket.conf", eventSocketServed},
	}
}

// Where rows have FreeSWITCH listen anew.
const (
	servedSIP    = 5090
	servedVerto  = 8085
	servedSecure = 8086
	servedSocket = 8022
)

// serve answers mod_xml_curl until the row is over, or until stop is called. found is how many of its questions we had an answer to.
func (w *world) serve(ctx context.Context, c xml.Configuration) (found *atomic.Int32, stop func(), err error) {
	if err := w.fs.needs(ctx, "mod_xml_curl"); err != nil {
		return nil, nil, err
	}
	found = new(atomic.Int32)
	h, err := xml.NewHandler(xml.Options{User: "freeswitch", Password: parking, Configuration: c, Log: w.log, Observe: func(_, result string) {
		if result == "found" {
			found.Add(1)
		}
	}})
	if err != nil {
		return nil, nil, err
	}
	l, err := net.Listen("tcp", w.o.xml)
	if err != nil {
		return nil, nil, err
	}
	s := &http.Server{Handler: w.tape.asked(h), ReadHeaderTimeout: answerTime}
	var serving sync.WaitGroup
	serving.Go(func() { _ = s.Serve(l) }) // until it is closed
	stop = func() { _ = s.Close(); serving.Wait() }
	w.perRow.add(stop)
	return found, stop, nil
}

// unasked is why FreeSWITCH has not loaded what we serve.
func (w *world) unasked(found *atomic.Int32, what string) error {
	if found.Load() > 0 {
		return nil
	}
	return missing(fmt.Sprintf("FreeSWITCH never asked http://%s/ for %s, see -config", w.o.xml, what))
}

// sofiaServed has a telephone register and call at a profile that only our sofia.conf has.
func sofiaServed(ctx context.Context, w *world) (string, error) {
	at := netip.AddrPortFrom(w.fs.sip.Addr(), servedSIP)
	found, _, err := w.serve(ctx, xml.Configuration{Sofia: &xml.Sofia{Profile: parking, Listen: at, Domain: w.fs.domain}})
	if err != nil {
		return "", err
	}
	w.perRow.add(func() { _, _ = w.fs.API(context.Background(), "sofia profile "+parking+" stop") })
	started := func(e *esl.Event) bool { return e.Get("profile_name") == parking } // only then it takes registrations
	if _, err := w.fs.await(ctx, "sofia::profile_start", started, func() error {
		_, err := w.fs.Job(ctx, "sofia profile "+parking+" start")
		return errors.Join(err, w.unasked(found, "sofia.conf"))
	}); err != nil {
		return "", err
	}
	return w.calledAt(ctx, at)
}

// calledAt is a call of a telephone that registers at that profile, whose Call-ID its channel has for a UUID.
func (w *world) calledAt(ctx context.Context, at netip.AddrPort) (string, error) {
	user := w.o.users[vertoUser]
	password, err := w.fs.passwordOf(ctx, user)
	if err != nil {
		return "", err
	}
	phone, err := siptest.NewPhone(ctx, at, siptest.PhoneOptions{User: user, Password: password, Codecs: []sdp.Codec{sdp.Opus}})
	if err != nil {
		return "", err
	}
	w.perRow.add(phone.Close)
	var d *sip.Dialog
	channel, err := w.parked(ctx, func() (err error) { d, err = phone.Dial(ctx, parking); return err })
	if err != nil {
		return "", err
	}
	if channel != d.CallID() {
		return "", fmt.Errorf("call %s is channel %s", d.CallID(), channel)
	}
	if err := w.fs.send(ctx, channel, "answer", "echo"); err != nil {
		return "", err
	}
	if err := taken(ctx, d); err != nil {
		return "", err
	}
	p := w.telephoneParty(d)
	return "registered; the Call-ID is the UUID; hears the echo", wrapf(p.Hears(ctx, p.Hz), "the telephone")
}

// vertoServed has a Verto user log in by TLS at a profile that only our verto.conf has, and called by Telegram.
func vertoServed(ctx context.Context, w *world) (string, error) {
	ip := w.fs.sip.Addr()
	found, stop, err := w.serve(ctx, xml.Configuration{Verto: &xml.Verto{
		Profile: parking, Listen: netip.AddrPortFrom(ip, servedVerto), Secure: netip.AddrPortFrom(ip, servedSecure), Domain: w.fs.domain,
	}})
	if err != nil {
		return "", err
	}
	w.verto = nil // as FreeSWITCH will have it
	w.perRow.add(func() {
		stop()
		_, _ = w.fs.Job(context.Background(), "reload -f mod_verto") // to its own file
	})
	if _, err := w.fs.Job(ctx, "reload -f mod_verto"); err != nil {
		return "", err
	}
	if err := w.unasked(found, "verto.conf"); err != nil {
		return "", err
	}
	for _, url := range []string{fmt.Sprintf("ws://%s:%d", ip, servedVerto), fmt.Sprintf("wss://%s:%d", ip, servedSecure)} {
		v, err := w.browserAt(ctx, url)
		if err != nil {
			return "", err
		}
		if saw, err := relayed(ctx)(w.rung(ctx, "udp", vertoUser, v)); err != nil {
			return saw, fmt.Errorf("%s: %w", url, err)
		}
		v.close()
	}
	return "calls by ws and wss; tones both ways", nil
}

// eventSocketServed moves the event socket to a port that only our event_socket.conf names, and back.
func eventSocketServed(ctx context.Context, w *world) (string, error) {
	own, err := netip.ParseAddrPort(w.o.address)
	if err != nil {
		return "", missing("-address is a name")
	}
	at := netip.AddrPortFrom(own.Addr(), servedSocket)
	found, stop, err := w.serve(ctx, xml.Configuration{EventSocket: &xml.EventSocket{Listen: at, Password: w.o.password}})
	if err != nil {
		return "", err
	}
	elsewhere := w.o
	elsewhere.address = at.String()
	if err := w.moveSocket(ctx, w.o, elsewhere); err != nil {
		return "", errors.Join(w.unasked(found, "event_socket.conf"), err)
	}
	stop()
	for w.program.EventSocket().Up {
		if pause(ctx, lookEvery); ctx.Err() != nil {
			return "", errors.New("the bridge never missed the event socket")
		}
	}
	began := time.Now()
	if err := w.moveSocket(ctx, elsewhere, w.o); err != nil {
		return "", err
	}
	if err := w.connected(ctx); err != nil {
		return "", err
	}
	return fmt.Sprintf("moved to port %d and back, which took %d ms with the bridge", servedSocket, time.Since(began).Milliseconds()), nil
}

// moveSocket has FreeSWITCH load its event socket anew, and connects to it where it is then: there, and not here any more.
func (w *world) moveSocket(ctx context.Context, here, there options) error {
	if _, err := w.fs.API(ctx, "sched_api +0 none reload -f mod_event_socket"); err != nil { // we shall not hear of its end
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, eventTime)
	defer cancel()
	fs, err := reach(ctx, there, w.tape.dialer())
	for err != nil && ctx.Err() == nil {
		pause(ctx, lookEvery)
		fs, err = reach(ctx, there, w.tape.dialer())
	}
	if err != nil {
		return err
	}
	_ = w.fs.Close() // FreeSWITCH has done so
	w.fs = fs
	if fs, err := reach(ctx, here, nil); err == nil {
		_ = fs.Close()
		return fmt.Errorf("FreeSWITCH still listens at %s", here.address)
	}
	return nil
}
