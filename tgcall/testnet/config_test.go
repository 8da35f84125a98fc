package testnet_test

import (
	"testing"
	"time"

	"switchgram/tgcall/testnet"
)

func TestConfigTellsTheTimeoutsOfCalls(t *testing.T) {
	n := start(t, testnet.Options{RingTimeout: 45 * time.Second})
	a, _ := annAndBob(n)
	c, err := device(t, n, a).api.HelpGetConfig(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	if c.CallReceiveTimeoutMs != 20000 || c.CallRingTimeoutMs != 45000 || c.CallConnectTimeoutMs != 30000 || c.CallPacketTimeoutMs != 10000 {
		t.Errorf("got %v", c)
	}
	if here := c.DCOptions[0]; c.ThisDC != 2 || here.IPAddress != "127.0.0.1" || here.Port != n.DCList().Options[0].Port {
		t.Errorf("the network is at %v", here)
	}
}
