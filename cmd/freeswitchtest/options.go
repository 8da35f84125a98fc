package main

import (
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

// requirements are what a FreeSWITCH needs, as files for its configuration.
//
//go:embed requirements.txt
var requirements string

// options are what the command line says.
type options struct {
	address, password string
	users             []string // of FreeSWITCH's directory, in the order of the roles below
	profile           string
	port              int
	verto, xml        string
	stop, start       string
	ca, examples      string
	only              string
	capture, log      string
	config, list      bool
}

// Roles of the users.
const (
	opusPhone = iota
	pcmuPhone
	vertoUser
	sparePhone
	lineUDP // from here on the bridge's lines
	lineTCP
	lineINFO
	lineInband
	lineTLS
	roles
)

const usage = `Calls between Telegram and a real FreeSWITCH, through the bridge.

  freeswitchtest -address 127.0.0.1:8021 -password ClueCon

FreeSWITCH runs on this machine; Telegram, the telephones and the bridge are in this program. It needs users of FreeSWITCH's directory,
whose passwords it asks FreeSWITCH for, and one extension; "-config" prints that, and what some rows need besides.
Status 0: no row failed; 1: one did; 2: nothing could be tried.

`

func parseOptions(args []string, out io.Writer) (o options, err error) {
	f := flag.NewFlagSet("freeswitchtest", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.StringVar(&o.address, "address", "", "FreeSWITCH's event socket, such as 127.0.0.1:8021")
	f.StringVar(&o.password, "password", os.Getenv("FREESWITCH_PASSWORD"), "its password; by default what FREESWITCH_PASSWORD says")
	users := f.String("users", "1000,1001,1002,1003,1004,1005,1006,1007,1008", "four users for telephones, five for lines; nobody else may be registered as them")
	f.StringVar(&o.profile, "profile", "internal", "SIP profile where they register")
	f.IntVar(&o.port, "port", 5070, "port where the bridge listens for SIP; the gateway of -config names it")
	f.StringVar(&o.verto, "verto", "ws://127.0.0.1:8081", "where FreeSWITCH's Verto listens")
	f.StringVar(&o.xml, "xml", "127.0.0.1:8090", "where FreeSWITCH's mod_xml_curl asks us, as -config says")
	f.StringVar(&o.ca, "ca", "", "PEM file of who has signed the certificate of the profile's TLS port; without it nobody uses that")
	f.StringVar(&o.examples, "examples", "docs/routes", "folder of the example scripts, which rows run; without it those are not tried")
	f.StringVar(&o.stop, "stop", "", "shell command that ends FreeSWITCH without a word, such as kill -KILL; without it some rows are not tried")
	f.StringVar(&o.start, "start", "", "shell command that starts it again")
	f.StringVar(&o.only, "only", "", "rows with one of these words in their name, with commas between; -list shows all")
	f.StringVar(&o.capture, "capture", "", "folder for what was said in SIP and on the event socket, a file for each row")
	f.StringVar(&o.log, "log", "", "file for the bridge's log")
	f.BoolVar(&o.list, "list", false, "print the names of the rows, and try nothing")
	f.BoolVar(&o.config, "config", false, "print what FreeSWITCH needs, and try nothing")
	f.Usage = func() {}
	if err := f.Parse(args); err != nil {
		if err == flag.ErrHelp { // as the package says it
			fmt.Fprint(out, usage)
			f.SetOutput(out)
			f.PrintDefaults()
		}
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("%q: want flags only, see -help", f.Arg(0))
	}
	if (o.stop == "") != (o.start == "") {
		return o, errors.New("want -stop and -start, or neither")
	}
	o.users = strings.Split(*users, ",")
	if len(o.users) != roles {
		return o, fmt.Errorf("-users has %d names, want %d", len(o.users), roles)
	}
	return o, nil
}

// wants tells whether a row is to be tried.
func (o options) wants(name string) bool {
	for word := range strings.SplitSeq(o.only, ",") {
		if strings.Contains(strings.ToLower(name), strings.ToLower(word)) {
			return true
		}
	}
	return false
}
