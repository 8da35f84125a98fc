package line

import (
	"strings"
	"testing"

	"switchgram/bridge"
)

func TestAGuestMayWhatHeMayWhileHeIsThere(t *testing.T) {
	r := registry(t, []Config{config("sales")}, User{Name: "ann"})
	number := bridge.Address{Scheme: "tg", User: "+4930123456"}
	visitor, err := r.Guest(User{Name: "1000", Lines: []string{"sales"}})
	if err != nil {
		t.Fatal(err)
	}
	may := func() bool {
		_, known := r.User("1000")
		if d := r.May("1000", "sales", number).Allowed; d != known || r.MayJoin("1000", "sales", Talk).Allowed != known || r.Uses("1000", "sales") != known {
			t.Errorf("known %v, may call %v", known, d)
		}
		return known
	}
	if may() {
		t.Error("he may before he has come")
	}
	r.Enter(visitor)
	r.Enter(visitor)
	r.Leave("1000")
	if !may() {
		t.Error("he has come twice and left once, and may no longer")
	}
	r.Leave("1000")
	if r.Leave("1000"); may() {
		t.Error("he has left, and still may")
	}
}

func TestAGuestDoesNotTakeAUsersPlace(t *testing.T) {
	r := registry(t, []Config{config("sales")}, User{Name: "ann"})
	r.Enter(User{Name: "ann", Lines: []string{"*"}})
	if r.Uses("ann", "*") {
		t.Error("the guest has given the user of the configuration all lines")
	}
}

func TestGuestsThatCannotBe(t *testing.T) {
	r := registry(t, []Config{config("sales")}, User{Name: "ann"})
	for _, c := range []struct {
		u    User
		want string
	}{{User{Name: "a b"}, "name"}, {User{Name: "1000", Lines: []string{"none"}}, "no such line"}} {
		if _, err := r.Guest(c.u); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c.u, err)
		}
	}
}
