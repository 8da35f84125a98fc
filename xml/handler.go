package xml

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"
)

// Options are what a Handler serves, and to whom.
type Options struct {
	User, Password string // of FreeSWITCH at our side: "gateway-credentials" of the binding, by Basic authentication

	Domain      string // of our users
	Switchboard Switchboard

	Directory     bool          // whether our users are served
	Dialplan      *Dialplan     // nil: not served
	Configuration Configuration // zero: not served

	Observe func(section, result string) // hears of each answer: found, not found, denied or refused; nil: nobody does
	Log     *slog.Logger                 // nil: nothing is logged
}

// Handler answers mod_xml_curl. It is an http.Handler for any path.
type Handler struct {
	o    Options
	user [sha256.Size]byte
	pass [sha256.Size]byte
}

// maxBody bounds a question. Those of a call have up to 10 KB, with a long session description in a variable some more.
const maxBody = 256 << 10

// NewHandler checks the options.
func NewHandler(o Options) (*Handler, error) {
	switch {
	case o.User == "" || o.Password == "":
		return nil, errors.New("xml: want a user and a password for FreeSWITCH: who can ask reads digests of passwords")
	case o.Domain == "" && (o.Directory || o.Dialplan != nil):
		return nil, errors.New("xml: want the domain of our users")
	case o.Switchboard == nil && (o.Directory || o.Dialplan != nil):
		return nil, errors.New("xml: want a switchboard")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Observe == nil {
		o.Observe = func(string, string) {}
	}
	return &Handler{o: o, user: sha256.Sum256([]byte(o.User)), pass: sha256.Sum256([]byte(o.Password))}, nil
}

// ServeHTTP answers one question: 401 without the password, 405 but to POST, 413 and 400 to what is no question, else 200 with a document.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !h.knows(r) {
		w.Header().Set("WWW-Authenticate", `Basic realm="switchgram", charset="UTF-8"`)
		h.refuse(w, r, http.StatusUnauthorized, "denied")
		return
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		h.refuse(w, r, http.StatusMethodNotAllowed, "refused")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		h.refuse(w, r, http.StatusRequestEntityTooLarge, "refused")
		return
	}
	q, parsed := parseRequest(body)
	if err != nil || parsed != nil {
		h.refuse(w, r, http.StatusBadRequest, "refused")
		return
	}
	h.answer(w, q)
}

// knows reports whether the password is right, in a time that says nothing of it.
func (h *Handler) knows(r *http.Request) bool {
	user, password, _ := r.BasicAuth()
	u, p := sha256.Sum256([]byte(user)), sha256.Sum256([]byte(password))
	return subtle.ConstantTimeCompare(u[:], h.user[:])&subtle.ConstantTimeCompare(p[:], h.pass[:]) == 1
}

func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, status int, result string) {
	h.o.Log.Debug("xml refused", "from", r.RemoteAddr, "status", status)
	h.o.Observe("", result)
	w.WriteHeader(status)
}

// answer never fails: whatever we do not have is "not found", so that FreeSWITCH goes on.
func (h *Handler) answer(w http.ResponseWriter, q request) {
	began := time.Now()
	text, result := h.find(q), "found"
	if text == nil {
		text, result = notFound(), "not found"
	}
	h.o.Observe(sectionName(q.section), result)
	h.o.Log.Debug("xml", "section", sectionName(q.section), "result", result, "dur", time.Since(began))
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	_, _ = w.Write(text) // FreeSWITCH that has gone away asks again
}

func (h *Handler) find(q request) []byte {
	switch {
	case q.section == "directory" && h.o.Directory:
		return h.directory(q)
	case q.section == "dialplan" && h.o.Dialplan != nil:
		return h.dialplan(q)
	case q.section == "configuration":
		return h.configuration(q)
	default:
		return nil
	}
}

// sectionName is one of few words, whatever was asked for.
func sectionName(section string) string {
	switch section {
	case "directory", "dialplan", "configuration", "languages", "phrases":
		return section
	default:
		return "other"
	}
}
