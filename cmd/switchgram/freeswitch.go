package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"switchgram/cmd/switchgram/program"
	"switchgram/xml"
)

type configCommand struct {
	FreeSWITCH configFreeSWITCH `cmd:"" name:"freeswitch" help:"Print the files that a FreeSWITCH beside us needs, or write them."`
}

type configFreeSWITCH struct {
	configFlag
	Output  string `short:"o" placeholder:"DIR" help:"Write the files below this folder; none may be there already."`
	Secrets bool   `help:"Let the files have digests of the lines' passwords and the password of the xml block. Such files are only for their owner to read."`
}

// Help teaches.
func (configFreeSWITCH) Help() string {
	return `For every line of the configuration there are a user of the directory, which the line registers as, and extensions that call people on
Telegram by it and let calls from Telegram ring; and for all of them a gateway, the two settings that make Call-IDs and channels' UUIDs the
same, and, if the configuration has an xml block, the binding of mod_xml_curl. Their comments say what each is for and what to do next.

Without --secrets, variables such as $${switchgram_sales_password} stand in place of passwords; set them in FreeSWITCH's vars.xml. A line whose
variable is not set cannot register.

	switchgram config freeswitch | less                read them
	switchgram config freeswitch -o /tmp/freeswitch    write them, to compare and copy
	switchgram config freeswitch -o /etc/freeswitch    write them where they belong; if one is there already, none is written`
}

// Run prints or writes the files.
func (c *configFreeSWITCH) Run(s surroundings) error {
	config, err := program.Load(c.Config)
	if err != nil {
		return err
	}
	files, err := config.FreeSWITCHFiles(c.Secrets)
	if err != nil {
		return err
	}
	if c.Output != "" {
		return c.write(s, files)
	}
	for i, f := range files {
		if i > 0 {
			fmt.Fprintln(s.out)
		}
		fmt.Fprintf(s.out, "<!-- %s -->\n%s", f.Path, f.Text)
	}
	return nil
}

// write writes all files, or none if one of them is there.
func (c *configFreeSWITCH) write(s surroundings, files []xml.File) error {
	var there []error
	for _, f := range files {
		if _, err := os.Lstat(c.path(f)); err == nil {
			there = append(there, fmt.Errorf("%s is there already: compare it with what is printed without -o", c.path(f)))
		} else if !errors.Is(err, fs.ErrNotExist) {
			there = append(there, err)
		}
	}
	if err := errors.Join(there...); err != nil {
		return err
	}
	for _, f := range files {
		if err := c.writeFile(f); err != nil {
			return err
		}
		fmt.Fprintln(s.out, c.path(f))
	}
	return nil
}

func (c *configFreeSWITCH) path(f xml.File) string {
	return filepath.Join(c.Output, filepath.FromSlash(f.Path))
}

func (c *configFreeSWITCH) writeFile(f xml.File) error {
	mode := fs.FileMode(0o644)
	if f.Secret {
		mode = 0o600
	}
	if err := os.MkdirAll(filepath.Dir(c.path(f)), 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(c.path(f), os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = file.Write(f.Text)
	return errors.Join(err, file.Close())
}
