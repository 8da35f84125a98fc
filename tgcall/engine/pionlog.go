package engine

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/pion/logging"
)

// pionLogs lets pion's packages write to our log. Only warnings and errors pass, as debug lines: what pion warns of is daily life to
// a call, and its debug lines hold ICE passwords.
type pionLogs struct{ log *slog.Logger }

// NewLogger makes the logger of one of pion's packages.
func (f pionLogs) NewLogger(scope string) logging.LeveledLogger { return pionLog{f.log, scope} }

type pionLog struct {
	log   *slog.Logger
	scope string
}

func (l pionLog) write(format string, args ...any) {
	if l.log.Enabled(context.Background(), slog.LevelDebug) {
		l.log.Debug("pion", "scope", l.scope, "text", fmt.Sprintf(format, args...))
	}
}

// The levels that do not pass.
func (pionLog) Trace(string)          {}
func (pionLog) Tracef(string, ...any) {}
func (pionLog) Debug(string)          {}
func (pionLog) Debugf(string, ...any) {}
func (pionLog) Info(string)           {}
func (pionLog) Infof(string, ...any)  {}

// Those that do.
func (l pionLog) Warn(text string)                  { l.write("%s", text) }
func (l pionLog) Warnf(format string, args ...any)  { l.write(format, args...) }
func (l pionLog) Error(text string)                 { l.write("%s", text) }
func (l pionLog) Errorf(format string, args ...any) { l.write(format, args...) }
