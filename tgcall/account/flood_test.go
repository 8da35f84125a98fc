package account

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// flooded is a server that answers the first request with FLOOD_WAIT of that many seconds.
func flooded(asked *int, seconds int) telegram.InvokeFunc {
	return func(context.Context, bin.Encoder, bin.Decoder) error {
		*asked++
		if *asked == 1 {
			return &tgerr.Error{Code: 420, Type: tgerr.ErrFloodWait, Argument: seconds}
		}
		return nil
	}
}

func testBudget() *budget { return &budget{NewLedger(), slog.New(slog.DiscardHandler)} }

func TestFloodedMethodIsLeftAloneForAsLongAsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		invoke := testBudget().Handle(flooded(&asked, 30))
		phone, name := &tg.ContactsResolvePhoneRequest{}, &tg.ContactsResolveUsernameRequest{}

		var flood *FloodError
		if err := invoke(t.Context(), phone, nil); !errors.As(err, &flood) || flood.Wait != 30*time.Second || flood.Method != "contacts.resolvePhone" {
			t.Fatalf("error is %v", err)
		}
		time.Sleep(10 * time.Second)
		err := invoke(t.Context(), phone, nil)
		if !errors.As(err, &flood) || flood.Wait != 20*time.Second || asked != 1 {
			t.Errorf("error is %v after %d requests, want 20s left after one", err, asked)
		}
		if d, ok := tgerr.AsFloodWait(err); !ok || d != 20*time.Second {
			t.Errorf("gotd reads a wait of %v, %v", d, ok)
		}
		if err := invoke(t.Context(), name, nil); err != nil || asked != 2 {
			t.Errorf("another method is held back too: %v", err)
		}
		time.Sleep(20 * time.Second)
		if err := invoke(t.Context(), phone, nil); err != nil || asked != 3 {
			t.Errorf("the method is still held back: %v", err)
		}
	})
}

func TestFloodWaitOfZeroIsASecond(t *testing.T) {
	asked := 0
	err := testBudget().Handle(flooded(&asked, 0))(t.Context(), &tg.ContactsResolvePhoneRequest{}, nil)
	var flood *FloodError
	if !errors.As(err, &flood) || flood.Wait != time.Second {
		t.Errorf("error is %v", err)
	}
}
