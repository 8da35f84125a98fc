package testnet_test

import (
	"context"
	"errors"
	"testing"

	"github.com/gotd/td/session"
	"github.com/gotd/td/telegram/auth"
	"github.com/gotd/td/telegram/auth/qrlogin"
	"github.com/gotd/td/tg"

	"switchgram/tgcall/testnet"
)

func self(t *testing.T, c *client) *tg.User {
	t.Helper()
	u, err := c.Self(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestLoginByCodeSurvivesARestartOfTheClient(t *testing.T) {
	n := start(t, testnet.Options{})
	ann, _ := annAndBob(n)
	var kept session.StorageMemory
	c := connect(t, n, &kept)
	code := auth.CodeAuthenticatorFunc(func(context.Context, *tg.AuthSentCode) (string, error) { return n.Code("+4930111111"), nil })

	flow := auth.NewFlow(auth.Constant("+4930111111", "", code), auth.SendCodeOptions{})
	if err := c.Auth().IfNecessary(testContext(t), flow); err != nil {
		t.Fatal(err)
	}
	if got := self(t, c); got.ID != ann.ID() || got.LastName != "Archer" {
		t.Fatalf("logged in as %v", got)
	}
	if n.Code("4930111111") != "" {
		t.Error("the code is good for another login")
	}

	c.stop()
	again := connect(t, n, &kept)
	if got := self(t, again); got.ID != ann.ID() {
		t.Fatalf("after the restart logged in as %v", got)
	}
}

func TestCodesThatDoNotLogIn(t *testing.T) {
	n := start(t, testnet.Options{LoginCode: "24680"})
	annAndBob(n)
	c := connect(t, n, n.NewSession(testContext(t)))
	ctx := testContext(t)
	send := func() string {
		s, err := c.Auth().SendCode(ctx, "4930111111", auth.SendCodeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return s.(*tg.AuthSentCode).PhoneCodeHash
	}
	signIn := func(code, hash string) error {
		_, err := c.api.AuthSignIn(ctx, &tg.AuthSignInRequest{PhoneNumber: "4930111111", PhoneCode: code, PhoneCodeHash: hash})
		return err
	}

	_, err := c.Auth().SendCode(ctx, "12", auth.SendCodeOptions{})
	wantError(t, err, 400, "PHONE_NUMBER_INVALID")
	_, err = c.Auth().SendCode(ctx, "4930999999", auth.SendCodeOptions{})
	wantError(t, err, 400, "PHONE_NUMBER_UNOCCUPIED")
	_, err = c.api.AuthSendCode(ctx, &tg.AuthSendCodeRequest{PhoneNumber: "4930111111", APIID: 1, APIHash: "x"})
	wantError(t, err, 400, "API_ID_INVALID")
	_, err = c.Self(ctx)
	wantError(t, err, 401, "AUTH_KEY_UNREGISTERED")

	hash := send()
	wantError(t, signIn("", hash), 400, "PHONE_CODE_EMPTY")
	wantError(t, signIn("11111", hash), 400, "PHONE_CODE_INVALID")
	wantError(t, signIn("24680", "another"), 400, "PHONE_CODE_EXPIRED")
	n.ExpireCode("4930111111")
	wantError(t, signIn("24680", hash), 400, "PHONE_CODE_EXPIRED")

	old := send()
	s, err := c.api.AuthResendCode(ctx, &tg.AuthResendCodeRequest{PhoneNumber: "4930111111", PhoneCodeHash: old})
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, signIn("24680", old), 400, "PHONE_CODE_EXPIRED")
	hash = s.(*tg.AuthSentCode).PhoneCodeHash
	if ok, err := c.api.AuthCancelCode(ctx, &tg.AuthCancelCodeRequest{PhoneNumber: "4930111111", PhoneCodeHash: hash}); !ok || err != nil {
		t.Fatal(ok, err)
	}
	wantError(t, signIn("24680", hash), 400, "PHONE_CODE_EXPIRED")
	if err := signIn("24680", send()); err != nil {
		t.Fatal(err)
	}
}

func TestTwoStepPassword(t *testing.T) {
	n := start(t, testnet.Options{LoginCode: "24680"})
	ann := n.AddUser(testnet.UserOptions{Phone: "4930111111", Password: "correct horse"})
	c := connect(t, n, n.NewSession(testContext(t)))
	ctx := testContext(t)
	s, err := c.Auth().SendCode(ctx, "4930111111", auth.SendCodeOptions{})
	if err != nil {
		t.Fatal(err)
	}

	_, err = c.Auth().SignIn(ctx, "4930111111", "24680", s.(*tg.AuthSentCode).PhoneCodeHash)
	if !errors.Is(err, auth.ErrPasswordAuthNeeded) {
		t.Fatalf("got %v, want the question for the password", err)
	}
	_, err = c.Self(ctx)
	wantError(t, err, 401, "SESSION_PASSWORD_NEEDED")
	if _, err := c.Auth().Password(ctx, "wrong horse"); !errors.Is(err, auth.ErrPasswordInvalid) {
		t.Fatalf("got %v, want a refusal of the wrong password", err)
	}
	_, err = c.api.AuthCheckPassword(ctx, &tg.InputCheckPasswordSRP{SRPID: 1, A: make([]byte, 256), M1: make([]byte, 32)})
	wantError(t, err, 400, "SRP_ID_INVALID")
	if _, err := c.Auth().Password(ctx, "correct horse"); err != nil {
		t.Fatal(err)
	}
	if got := self(t, c); got.ID != ann.ID() {
		t.Fatalf("logged in as %v", got)
	}
}

func TestQRCodeAcceptedByAnotherDevice(t *testing.T) {
	for name, password := range map[string]string{"": "", "with password": "secret"} {
		t.Run("login "+name, func(t *testing.T) {
			n := start(t, testnet.Options{})
			ann := n.AddUser(testnet.UserOptions{Phone: "4930111111", Password: password})
			phone := device(t, n, ann)
			desk := connect(t, n, n.NewSession(testContext(t)))
			ctx := testContext(t)

			token, err := desk.QR().Export(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := qrlogin.AcceptQR(ctx, phone.api, token); err != nil {
				t.Fatal(err)
			}
			next[*tg.UpdateLoginToken](t, desk)
			_, err = desk.QR().Import(ctx)
			if password != "" {
				wantError(t, err, 401, "SESSION_PASSWORD_NEEDED")
				if _, err := desk.Auth().Password(ctx, password); err != nil {
					t.Fatal(err)
				}
			} else if err != nil {
				t.Fatal(err)
			}
			if got := self(t, desk); got.ID != ann.ID() {
				t.Fatalf("logged in as %v", got)
			}
		})
	}
}
