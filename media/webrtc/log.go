package webrtc

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/pion/logging"
)

// logFactory hands pion's log to slog. All of it is at debug level: its warnings are mostly about what strangers sent,
// and what matters to us arrives as an error or a State.
type logFactory struct{ log *slog.Logger }

func (f logFactory) NewLogger(scope string) logging.LeveledLogger {
	return pionLog{f.log.With("pion", scope)}
}

type pionLog struct{ log *slog.Logger }

func (l pionLog) debug(format string, args ...any) {
	if l.log.Enabled(context.Background(), slog.LevelDebug) {
		l.log.Debug("pion", "message", fmt.Sprintf(format, args...))
	}
}

func (l pionLog) Trace(string)                  {}
func (l pionLog) Tracef(string, ...any)         {}
func (l pionLog) Debug(string)                  {}
func (l pionLog) Debugf(string, ...any)         {}
func (l pionLog) Info(msg string)               { l.debug("%s", msg) }
func (l pionLog) Infof(format string, a ...any) { l.debug(format, a...) }
func (l pionLog) Warn(msg string)               { l.debug("%s", msg) }
func (l pionLog) Warnf(format string, a ...any) { l.debug(format, a...) }
func (l pionLog) Error(msg string)              { l.debug("%s", msg) }
func (l pionLog) Errorf(f string, a ...any)     { l.debug(f, a...) }
