package dtmf_test

import (
	"fmt"

	"switchgram/bridge/room/dtmf"
)

func Example() {
	tones, err := dtmf.New("30*", 0, 0)
	if err != nil {
		panic(err)
	}
	pcm := make([]int16, dtmf.Rate)
	n := tones.Fill(pcm, dtmf.Rate)
	fmt.Printf("%s", dtmf.NewDetector().Write(pcm[:n]))
	// Output: 30*
}
