package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gotd/td/telegram/auth/qrlogin"

	"switchgram/tgcall/testnet"
)

func TestLoginByCodeAndThenRun(t *testing.T) {
	s, config := sit(t), configuration(t)
	n, _ := s.telegram(testnet.UserOptions{Password: "correct horse"})

	running := s.start("run", "-c", config)
	s.sees(`run="switchgram login -c ` + config + ` -l sales"`)
	stop := s.signal

	login := s.start("login", "-c", config)
	s.sees("Phone number of the account (+…): ")
	s.in.types("+12")
	s.sees("Phone number of the account (+…): ")
	s.in.types("+" + annNumber)
	s.sees("Login code (sent in the telegram app): ")
	s.in.types("1")
	s.sees("that code is wrong\nLogin code (sent in the telegram app): ")
	s.in.types(n.Code(annNumber))
	s.sees("Two-step password: ")
	s.in.types("wrong horse")
	s.sees("that password is wrong\nTwo-step password: ")
	s.in.types("correct horse")
	s.sees("Logged in as Ann Ahlers (id ")
	s.sees("`switchgram run` can use line sales now.")
	s.wantEnd(0, login)

	s.sees(`msg="line takes calls" line=sales`)
	s.want(1, "call", "-c", config, "-to", "@bob")
	s.sees("switchgram: line sales: the account is in use by another switchgram: end that first")
	stop()
	s.wantEnd(0, running)
	if strings.Contains(s.err.String(), "horse") || s.out.String() != "" {
		t.Errorf("the password was shown:\n%s%s", s.err, s.out)
	}
}

func TestLoginByQRCode(t *testing.T) {
	s, config := sit(t), configuration(t)
	_, ann := s.telegram(testnet.UserOptions{})
	app, err := ann.Phone(s.ctx, testnet.PhoneOptions{})
	s.must(err)

	login := s.start("login", "-c", config, "-line", "sales", "-qr")
	s.sees("Scan this with a Telegram app that is logged in: Settings, Devices, Link Desktop Device.\n")
	s.sees("\x1b[0m\n") // it is drawn in one go
	token, err := qrlogin.ParseTokenURL(scan(t, s.lastCode()))
	s.must(err)
	_, err = qrlogin.AcceptQR(s.ctx, app.Session().API(), token)
	s.must(err)

	s.sees("Logged in as Ann Ahlers")
	s.wantEnd(0, login)
	if info, err := os.Stat(filepath.Join(filepath.Dir(config), "state", "sales.session")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the session: %v, %v", info, err)
	}
}

func TestLoginThatIsInterruptedEnds(t *testing.T) {
	s, config := sit(t), configuration(t)
	s.telegram(testnet.UserOptions{})
	login := s.start("login", "-c", config)
	s.sees("Phone number of the account (+…): ")
	s.signal()
	s.wantEnd(1, login)
	s.sees("switchgram: interrupted")
}

func TestLoginOfALineThatIsNotThere(t *testing.T) {
	s := sit(t)
	s.want(1, "login", "-c", configuration(t), "-l", "sale")
	s.sees(`switchgram: there is no line "sale"; there are: sales`)
}
