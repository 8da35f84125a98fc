package program

import (
	"os"

	"switchgram/bridge/route/javascript"
)

// JavaScriptWorker is the command of this program by which it starts processes that run JavaScript: they call javascript.Serve.
const JavaScriptWorker = "javascript-worker"

// NewJavaScript makes what reads and runs the JavaScript of scripts: this program again, in processes of their own, when there is any.
func NewJavaScript() (*javascript.Workers, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return javascript.NewWorkers(self, JavaScriptWorker), nil
}
