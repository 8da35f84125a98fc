package account

import (
	"context"
	"fmt"
	"time"

	"github.com/gotd/td/telegram/auth/qrlogin"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
)

// LoginQR logs in by a QR code: show is given the URL to draw, and a new one each time the last has expired, until the owner scans it with
// an app that is logged in (Settings, Devices, Link Desktop Device). Of p only Password is used, if the account has one. A session that is
// logged in already is left as it is.
//
// Errors: what the Prompt returns, ErrTooManyTries, *FloodError, ErrBusy.
func (a *Account) LoginQR(ctx context.Context, show func(url string), p Prompt) (Person, error) {
	return a.login(ctx, func(ctx context.Context, l *link) (*tg.User, error) {
		u, err := l.scan(ctx, show)
		if tgerr.Is(err, "SESSION_PASSWORD_NEEDED") {
			return l.password(ctx, p)
		}
		return u, err
	})
}

// scan asks for tokens until one was accepted (https://core.telegram.org/api/qr-login). The same request that makes a token also fetches
// the authorisation, once the update has told that it is there.
func (l *link) scan(ctx context.Context, show func(url string)) (*tg.User, error) {
	for {
		answer, err := l.client.API().AuthExportLoginToken(ctx, &tg.AuthExportLoginTokenRequest{
			APIID:   l.a.o.AppID,
			APIHash: l.a.o.AppHash,
		})
		if moved, ok := answer.(*tg.AuthLoginTokenMigrateTo); ok {
			answer, err = l.fetchElsewhere(ctx, moved)
		}
		if err != nil {
			return nil, err
		}
		switch answer := answer.(type) {
		case *tg.AuthLoginTokenSuccess:
			return authorised(answer.Authorization)
		case *tg.AuthLoginToken:
			show(qrlogin.NewToken(answer.Token, answer.Expires).URL())
			if err := l.awaitScan(ctx, answer.Expires); err != nil {
				return nil, err
			}
		default:
			return nil, fmt.Errorf("telegram gives no token: %T", answer)
		}
	}
}

// fetchElsewhere goes to the data centre where the account lives.
func (l *link) fetchElsewhere(ctx context.Context, to *tg.AuthLoginTokenMigrateTo) (tg.AuthLoginTokenClass, error) {
	if err := l.client.MigrateTo(ctx, to.DCID); err != nil {
		return nil, fmt.Errorf("move to data centre %d: %w", to.DCID, err)
	}
	return l.client.API().AuthImportLoginToken(ctx, to.Token)
}

// awaitScan returns when the token was scanned or has expired. Neither our clock nor the server's need be right: a token lives for half a
// minute, and is renewed once a second at most.
func (l *link) awaitScan(ctx context.Context, expires int) error {
	life := min(max(time.Until(time.Unix(int64(expires), 0)), time.Second), 30*time.Second)
	t := time.NewTimer(life)
	defer t.Stop()
	select {
	case <-l.intake.scanned:
	case <-t.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}
