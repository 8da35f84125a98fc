package program

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net/http"
	"net/netip"
	"testing"
	"time"
)

func TestWebShowsTheCertificateOfThisMoment(t *testing.T) {
	folder := t.TempDir()
	files := writeCertificate(t, folder, 1, time.Hour)
	secure, err := serverTLS(files.Certificate, files.Key)
	check(t, err)
	w, err := newWeb("test", netip.MustParseAddrPort("127.0.0.1:0"), secure, http.NotFoundHandler(), slog.New(slog.DiscardHandler))
	check(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.run(ctx) }()
	for serial := range int64(2) {
		writeCertificate(t, folder, serial+1, time.Minute*time.Duration(10-serial))
		c, err := tls.Dial("tcp", w.addr().String(), &tls.Config{InsecureSkipVerify: true}) // whom it shows is what is looked at
		check(t, err)
		if got := c.ConnectionState().PeerCertificates[0].SerialNumber.Int64(); got != serial+1 {
			t.Errorf("shows certificate %d, want %d", got, serial+1)
		}
		check(t, c.Close())
	}
	cancel()
	check(t, <-done)
}
