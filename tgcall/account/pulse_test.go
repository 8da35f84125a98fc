package account_test

import (
	"testing"
	"time"

	"switchgram/tgcall/account"
	"switchgram/tgcall/testnet"
)

func silence(d time.Duration) func(*account.Options) {
	return func(o *account.Options) { o.Silence = d }
}

func TestADeadConnectionIsFoundAndWhatWasMissedIsFetched(t *testing.T) {
	n := network(t, testnet.Options{})
	annUser, bobUser := annAndBob(n)
	line, told := newCable(), make(chan account.State, 1024)
	ann := run(t, newAccount(t, n, annUser.Session(testContext(t))))
	bob := run(t, newAccount(t, n, bobUser.Session(testContext(t)), line.use, states(told), silence(2*time.Second)))
	to := resolve(t, ann, "@bob")
	await(t, told, "up", is(account.Up))

	line.rot()
	began := time.Now()
	for _, s := range []string{"one", "two"} {
		if err := ann.SendMessage(testContext(t), to, s); err != nil {
			t.Fatal(err)
		}
	}

	await(t, told, "down", is(account.Down))
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("found after %v", took)
	}
	await(t, told, "up again", is(account.Up))
	for _, s := range []string{"one", "two"} {
		await(t, bob.updates, s, says(s))
	}
}

func TestAServerThatIsSilentButThereIsKept(t *testing.T) {
	n := network(t, testnet.Options{})
	annUser, _ := annAndBob(n)
	line, told := newCable(), make(chan account.State, 1024)
	ann := run(t, newAccount(t, n, annUser.Session(testContext(t)), line.use, states(told), silence(2*time.Second))) // half of which a busy machine has for an answer
	await(t, told, "up", is(account.Up))

	<-time.After(7 * time.Second) // more than three times as long as the server may be silent

	if d := line.dials(); d != 1 {
		t.Errorf("connected %d times", d)
	}
	if _, err := ann.Resolve(testContext(t), "@bob"); err != nil {
		t.Error(err)
	}
}
