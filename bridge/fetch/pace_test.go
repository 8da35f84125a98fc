package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"
)

func TestOnlyHostsThatAreNamedAreAsked(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away" {
			http.Redirect(w, r, "http://elsewhere.example.org/", http.StatusFound)
		}
	})
	c := newClient(t, Options{Hosts: []string{"127.0.0.1", "*.Example.org"}})
	for address, allowed := range map[string]bool{
		s.URL: true, "https://crm.example.org/x": true, "https://a.b.EXAMPLE.org": true, "https://example.org": false, "https://evilexample.org": false,
		"https://example.org.evil.net": false, "https://localhost": false, "https://127.0.0.1.evil.net": false,
	} {
		if err := c.May(address); (err == nil) != allowed || err != nil && !errors.Is(err, ErrHost) {
			t.Errorf("%s: %v", address, err)
		}
	}
	if _, err := c.Do(t.Context(), Request{URL: "https://example.org/?key=secret"}); !errors.Is(err, ErrHost) || strings.Contains(err.Error(), "secret") {
		t.Errorf("asked: %v", err)
	}
	if _, err := c.Do(t.Context(), Request{URL: s.URL}); err != nil {
		t.Error(err)
	}
	strict := newClient(t, Options{Hosts: []string{"127.0.0.1"}})
	if _, err := strict.Do(t.Context(), Request{URL: s.URL + "/away"}); !errors.Is(err, ErrHost) {
		t.Errorf("a redirect led to another host: %v", err)
	}
}

func paced(perSecond float64) *pace {
	return &pace{perSecond: perSecond, hosts: map[string]*rate.Limiter{}}
}

func TestRequestsToOneHostWaitForTheirTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, began := paced(10), time.Now()
		for range 30 {
			if err := p.wait(t.Context(), "crm.example.org", ""); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("30 requests, 10 a second and 10 at once, took %s", took)
		}
		for _, other := range [][2]string{{"slack.example", ""}, {"crm.example.org", "another domain"}} {
			began := time.Now()
			if err := p.wait(t.Context(), other[0], other[1]); err != nil || time.Since(began) > 0 {
				t.Errorf("%v waits %s for others: %v", other, time.Since(began), err)
			}
		}
	})
}

func TestNobodyWaitsLongerThanItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := paced(1)
		ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer cancel()
		began, busy := time.Now(), 0
		for range 10 {
			if err := p.wait(ctx, "crm.example.org", ""); errors.Is(err, ErrBusy) {
				busy++
			}
		}
		if took := time.Since(began); took != 2*time.Second || busy != 7 {
			t.Errorf("%d were refused in %s", busy, took)
		}
		cancel()
		if err := p.wait(ctx, "crm.example.org", ""); !errors.Is(err, context.Canceled) {
			t.Errorf("a call that has ended: %v", err)
		}
	})
}

func TestManyHostsAreForgotten(t *testing.T) {
	p := paced(0.5)
	for i := range 3 * mostHosts {
		if err := p.wait(t.Context(), fmt.Sprint(i), ""); err != nil {
			t.Fatal(err)
		}
	}
	if len(p.hosts) > mostHosts {
		t.Errorf("%d are known", len(p.hosts))
	}
}

func TestAClientIsBusy(t *testing.T) {
	s := serve(t, func(http.ResponseWriter, *http.Request) {})
	c := newClient(t, Options{PerSecond: 0.01})
	if _, err := c.Do(t.Context(), Request{URL: s.URL}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Do(t.Context(), Request{URL: s.URL, Timeout: time.Second}); !errors.Is(err, ErrBusy) {
		t.Errorf("the second request: %v", err)
	}
}
