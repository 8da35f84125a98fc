package main

import "switchgram/bridge/route/javascript"

// javascriptWorker is program.JavaScriptWorker: the program itself starts it.
type javascriptWorker struct{}

// Run runs the JavaScript that comes by standard input until that ends.
func (javascriptWorker) Run(s surroundings) error { return javascript.Serve(s.in, s.out) }
