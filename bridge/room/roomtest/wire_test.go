package roomtest

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
	"go.uber.org/goleak"

	"switchgram/bridge/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPacketsTakeTheirTimeAndAreLostAsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Wire(media.Format{}, 30*time.Millisecond)
		var came []uint16
		b.OnRTP(func(p *rtp.Packet) { came = append(came, p.SequenceNumber) })
		a.Lose(func(n int) bool { return n == 1 })
		for i := range 3 {
			if err := a.WriteRTP(&rtp.Packet{Header: rtp.Header{SequenceNumber: uint16(i)}}); err != nil {
				t.Fatal(err)
			}
			<-time.After(time.Millisecond)
		}
		if n := b.Stats().Received; n != 0 {
			t.Errorf("%d came before their time", n)
		}
		<-time.After(30 * time.Millisecond)
		synctest.Wait()
		if fmt.Sprint(came) != "[0 2]" || a.Stats().Sent != 3 || b.Stats().Received != 2 || len(a.Sent()) != 3 {
			t.Errorf("%v came; %+v", came, a.Stats())
		}
	})
}

func ExampleWire() {
	a, b := Wire(media.Format{Codec: media.PCMU, ClockRate: 8000}, 0)
	came := make(chan string)
	b.OnRTP(func(p *rtp.Packet) { came <- string(p.Payload) })
	if err := a.WriteRTP(&rtp.Packet{Payload: []byte("sound")}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(<-came)
	// Output: sound
}
