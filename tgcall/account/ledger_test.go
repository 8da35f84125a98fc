package account_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"switchgram/tgcall/account"
	"switchgram/tgcall/testnet"
)

func TestAWaitSurvivesARestart(t *testing.T) {
	n := network(t, testnet.Options{})
	annUser, _ := annAndBob(n)
	path, s := filepath.Join(t.TempDir(), "ledger"), annUser.Session(testContext(t))
	n.Flood("contacts.resolveUsername", time.Hour)
	first := run(t, newAccount(t, n, s, withLedger(t, path)))
	var flood *account.FloodError
	if _, err := first.Resolve(testContext(t), "@bob"); !errors.As(err, &flood) || flood.Wait > time.Hour || flood.Wait < 55*time.Minute {
		t.Fatalf("error is %v", err)
	}
	written := openLedger(t, path) // as after kill -9: nobody has closed anything
	if err := first.stop(); err != nil {
		t.Fatal(err)
	}
	n.Flood("contacts.resolveUsername", 0)

	second := run(t, newAccount(t, n, s, func(o *account.Options) { o.Ledger = written }))

	if _, err := second.Resolve(testContext(t), "@bob"); !errors.As(err, &flood) || flood.Wait < 55*time.Minute {
		t.Errorf("after the restart: %v", err)
	}
	if _, err := second.Resolve(testContext(t), "+4930222222"); err != nil {
		t.Errorf("another method is held back too: %v", err)
	}
}

func TestPeopleWhoAreKnownAreFoundDuringAWait(t *testing.T) {
	n := network(t, testnet.Options{})
	annUser, bobUser := annAndBob(n)
	ann := run(t, newAccount(t, n, annUser.Session(testContext(t)), func(o *account.Options) { o.Fresh = time.Nanosecond }))
	resolve(t, ann, "@bob")

	n.Flood("contacts.resolveUsername", time.Hour)

	if p := resolve(t, ann, "@bob"); p.ID != bobUser.ID() {
		t.Errorf("bob is %+v", p)
	}
}

func TestLedgerIsRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		content string
		mode    os.FileMode
		says    string
	}{
		"others can read it": {`{"version":1}`, 0o644, "chmod 600"},
		"truncated":          {`{"version":1,"read":{"pt`, 0o600, "damaged near byte"},
		"of a later program": {`{"version":2}`, 0o600, "version 2, want 1"},
		"read by nobody":     {`{"version":1,"read":{"pts":5}}`, 0o600, "nobody can have read so far"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ledger")
			if err := errors.Join(os.WriteFile(path, []byte(tc.content), 0o600), os.Chmod(path, tc.mode)); err != nil {
				t.Fatal(err)
			}
			_, err := account.OpenLedger(path)
			if err == nil || !strings.Contains(err.Error(), tc.says) || !strings.Contains(err.Error(), path) {
				t.Errorf("error is %v, want one that names the file and says %q", err, tc.says)
			}
		})
	}
}

func FuzzLedger(f *testing.F) {
	path := filepath.Join(f.TempDir(), "ledger")
	f.Add([]byte(`{"version":1,"self":7,"read":{"pts":5,"qts":1,"date":1700000000,"seq":2},"waits":{"phone.requestCall":"2030-01-01T00:00:00Z"}}`))
	f.Add([]byte(`{"version":1,"waits":null}`))
	f.Add([]byte(`{"version":1,"read":{"pts":-5}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		if l, err := account.OpenLedger(path); (l == nil) == (err == nil) {
			t.Errorf("%v, %v", l, err)
		}
	})
}
