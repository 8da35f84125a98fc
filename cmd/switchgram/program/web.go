package program

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// web serves a handler at an address.
type web struct {
	what     string // for errors
	listener net.Listener
	server   *http.Server
}

// newWeb listens, so that an address that is taken is known at the start. It serves nothing yet. Secure is nil where there is no TLS.
func newWeb(what string, at netip.AddrPort, secure *tls.Config, h http.Handler, log *slog.Logger) (*web, error) {
	l, err := net.Listen("tcp", at.String())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	if secure != nil {
		l = tls.NewListener(l, secure)
	}
	return &web{what: what, listener: l, server: &http.Server{
		Handler: h, ReadTimeout: 5 * time.Second, WriteTimeout: 15 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}}, nil
}

// addr is where it listens.
func (w *web) addr() netip.AddrPort { return w.listener.Addr().(*net.TCPAddr).AddrPort() }

// run serves until ctx ends; requests that run then get a moment.
func (w *web) run(ctx context.Context) error {
	done := make(chan error, 1)
	go func() { done <- w.server.Serve(w.listener) }()
	select {
	case err := <-done:
		return fmt.Errorf("%s: %w", w.what, err)
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	err := w.server.Shutdown(last)
	if err != nil {
		err = errors.Join(err, w.server.Close())
	}
	if served := <-done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// close frees the address of one that never ran.
func (w *web) close() error { return w.listener.Close() }
