package program

import (
	"os"

	"switchgram/bridge/route/javascript"
)

// JavaScriptWorker is the command of this program by which it starts processes that run JavaScript: they call javascript.Serve.
const JavaScriptWorker = "javascript-worker"

// newJavaScript makes what runs the JavaScript of scripts: this program again, in processes of their own.
func newJavaScript() (*javascript.Workers, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return javascript.NewWorkers(self, JavaScriptWorker), nil
}
