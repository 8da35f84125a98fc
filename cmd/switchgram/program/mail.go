package program

import (
	"switchgram/bridge/line"
	"switchgram/bridge/live"
	"switchgram/bridge/notify"
)

// MailServer is where mail is handed in, and as whom.
type MailServer struct {
	Server       string `yaml:"server"`
	TLS          string `yaml:"tls"` // implicit, starttls, none; empty: by the port
	User         string `yaml:"user"`
	PasswordEnv  string `yaml:"password_env"`
	PasswordFile string `yaml:"password_file"`
	From         string `yaml:"from"`
}

// files are the names of files in it.
func (m *MailServer) files() []*string { return []*string{&m.PasswordFile} }

// at reads the password of a server; key is where it stands, with a dot behind.
func (m MailServer) at(c *Config, key string) (notify.MailServer, error) {
	password, err := c.secret(key+"password", line.SecretRef{Env: m.PasswordEnv, File: m.PasswordFile})
	return notify.MailServer{Server: m.Server, TLS: m.TLS, User: m.User, Password: password, From: m.From}, err
}

// openMail makes what sends the mail of scripts; nil: there is no server. put keeps what is to be sent later; nil: nothing does.
func (p *Program) openMail(put func(notify.Notification) error) (*live.Mail, error) {
	m := p.config.Mail
	if m.Server == "" {
		return nil, nil
	}
	at, err := m.at(p.config, "mail.")
	if err != nil {
		return nil, err
	}
	post, err := notify.NewPost(at)
	if err != nil {
		return nil, p.config.wrong("mail", err)
	}
	return live.NewMail(post, put, p.log), nil
}
