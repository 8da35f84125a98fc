package account

import (
	"context"
	"log/slog"

	"github.com/gotd/log"
)

// gotdLog shows gotd's warnings and errors at our debug level: what an operator should know of them we say ourselves. Only texts and errors
// pass, since its other attributes can hold whole updates.
type gotdLog struct{ log *slog.Logger }

// Enabled implements log.Logger.
func (g gotdLog) Enabled(ctx context.Context, level log.Level) bool {
	return level >= log.LevelWarn && g.log.Enabled(ctx, slog.LevelDebug)
}

// Log implements log.Logger.
func (g gotdLog) Log(ctx context.Context, level log.Level, msg string, attrs ...log.Attr) {
	if !g.Enabled(ctx, level) {
		return
	}
	for _, a := range attrs {
		if a.Value.Kind() == log.KindError {
			g.log.DebugContext(ctx, "gotd: "+msg, "err", a.Value.Error())
			return
		}
	}
	g.log.DebugContext(ctx, "gotd: "+msg)
}
