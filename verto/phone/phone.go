// Package phone is a telephone as a web page: whoever has a user of a Verto server logs in, calls, is called and joins calls. Handler serves
// it, from within the program; it may be used concurrently. The page touches no other server than its own and the Verto server, FreeSWITCH's
// mod_verto or ours.
//
// Its sources are in src, in TypeScript; what is built of them is in dist and committed, so that Go programs need no Node.js.
package phone

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"html"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
)

//go:embed all:dist
var dist embed.FS

// Options of the page; the zero value does.
type Options struct {
	// Server is the address of the Verto server, ws or wss, or relative to the page's own. Empty: "verto", beside the page.
	Server string

	// User and Password are logged in as soon as the page is opened, for demonstrations: who gets the page gets them. Empty: everybody
	// logs in.
	User, Password string
}

// configuration is what the page reads from itself.
type configuration struct {
	Server   string `json:"server,omitempty"`
	User     string `json:"user,omitempty"`
	Password string `json:"password,omitempty"`
}

// file is one, as it is sent.
type file struct {
	kind          string // its media type
	cache         string // its Cache-Control
	tag           string // names its content
	plain, packed []byte // packed by gzip
}

// site serves the files, each by its path.
type site struct {
	files  map[string]file
	policy string // Content-Security-Policy
}

// Handler serves the page at "/" and what belongs to it below. It may stand anywhere in a site, by http.StripPrefix, if the address ends
// in a slash.
func Handler(o Options) http.Handler {
	s := site{files: make(map[string]file), policy: policy(o.Server)}
	err := fs.WalkDir(dist, "dist", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := dist.ReadFile(name)
		s.add(strings.TrimPrefix(name, "dist"), body, o)
		return err
	})
	if err != nil {
		panic(err) // the files are part of the program
	}
	return s
}

func (s site) add(name string, body []byte, o Options) {
	cache := "no-cache" // asked for each time, and not sent again unless it has changed
	if strings.HasPrefix(name, "/assets/") {
		cache = "public, max-age=31536000, immutable" // the name tells the content
	}
	if name == "/index.html" {
		name, body = "/", configured(body, o)
	}
	sum := sha256.Sum256(body)
	f := file{kind: mediaType(name), cache: cache, tag: hex.EncodeToString(sum[:8]), plain: body, packed: pack(body)}
	s.files[name] = f
}

// configured is the page with what it has to know in it.
func configured(page []byte, o Options) []byte {
	text, err := json.Marshal(configuration(o))
	if err != nil {
		panic(err) // it is a struct of strings
	}
	const empty = `<meta name="phone" content="`
	return bytes.Replace(page, []byte(empty), []byte(empty+html.EscapeString(string(text))), 1)
}

func mediaType(name string) string {
	if name == "/" {
		name = ".html"
	}
	return mime.TypeByExtension(path.Ext(name))
}

func pack(body []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is a good one
	_, _ = w.Write(body)                                  // a Buffer takes everything
	_ = w.Close()
	return b.Bytes()
}

// policy lets the page load and reach nothing but what is its own, and the Verto server.
func policy(server string) string {
	connect := "'self'"
	if u, err := url.Parse(server); err == nil && u.Host != "" && !strings.ContainsAny(u.Host, ";, '") {
		connect += " " + u.Scheme + "://" + u.Host
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src blob: mediastream:; connect-src " + connect +
		"; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

// ServeHTTP sends one file.
func (s site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, ok := s.files[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	head := w.Header()
	head.Set("Content-Security-Policy", s.policy)
	head.Set("Permissions-Policy", "microphone=(self), speaker-selection=(self), camera=(), geolocation=(), display-capture=()")
	head.Set("Referrer-Policy", "no-referrer")
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Cross-Origin-Opener-Policy", "same-origin")
	head.Set("Content-Type", f.kind)
	head.Set("Cache-Control", f.cache)
	head.Set("Vary", "Accept-Encoding")
	body, tag := f.plain, f.tag
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		body, tag = f.packed, f.tag+"-gzip"
		head.Set("Content-Encoding", "gzip")
	}
	head.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body)) // answers also those who have it already, or want a part
}
