package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"html/template"
	"net"
	"net/http"
	"strings"
	"time"
)

// contact is somebody whom the CRM knows.
type contact struct {
	Name  string `json:"name"`
	Since string `json:"since"`
	Note  string `json:"note"`
	URL   string `json:"url"`
}

// contacts by number.
var contacts = map[string]contact{
	annNumber: {Name: "Ann Ahlers (Ahlers Bakery)", Since: "2019", Note: "Asked on Friday whether the new oven is in stock."},
	bobNumber: {Name: "Bob (Bob's Bikes)", Since: "2024", Note: "Pays on time, wants to be called back."},
}

var card = template.Must(template.New("card").Parse(`<!doctype html><meta charset="utf-8"><title>{{.Name}}</title>
<body style="font: 16px system-ui; max-width: 30em; margin: 4em auto"><h1>{{.Name}}</h1><p>Customer since {{.Since}}</p><p>{{.Note}}</p>
<p style="color: gray">A page of the demo's small CRM: Switchgram found it by the caller's number while the telephone began to ring.</p>`))

// startCRM serves contacts: as JSON to scripts, and as pages to people.
func (w *world) startCRM(ctx context.Context, o Options) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	w.crm = "http://" + l.Addr().String()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /find", func(out http.ResponseWriter, r *http.Request) {
		number := strings.TrimPrefix(strings.TrimSpace(r.FormValue("phone")), "+")
		c, ok := contacts[number]
		if !ok {
			http.NotFound(out, r)
			return
		}
		c.URL = w.crm + "/contacts/" + number
		out.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(out).Encode(c)
	})
	mux.HandleFunc("GET /contacts/{number}", func(out http.ResponseWriter, r *http.Request) {
		c, ok := contacts[r.PathValue("number")]
		if !ok {
			http.NotFound(out, r)
			return
		}
		_ = card.Execute(out, c)
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	w.onClose(w.background(ctx, o.Log, func(ctx context.Context) error {
		stop := context.AfterFunc(ctx, func() { _ = server.Close() })
		defer stop()
		if err := server.Serve(l); ctx.Err() == nil {
			return fmt.Errorf("crm: %w", err)
		}
		return nil
	}))
	return nil
}
