// Package browsertest has clients of Verto that are not ours call the server, and be called, in Chromium and Firefox: npm's vertojs and verto.
package browsertest

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
