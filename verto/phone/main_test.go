package phone_test

import (
	"flag"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	_ = flag.Set("test.parallel", "4") // tabs; they wait more than they work, so that is more than most machines have processors
	goleak.VerifyTestMain(m)
}
