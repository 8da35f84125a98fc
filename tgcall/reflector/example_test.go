package reflector_test

import (
	"fmt"

	"github.com/pion/stun/v3"

	"switchgram/tgcall/reflector"
)

// A call's reflectors become TURN servers of an ICE agent, and the peer's candidates addresses it can check.
func Example() {
	tag, err := reflector.ParsePeerTag("00112233445566778899aabbccddeeff") // phoneConnection.peer_tag
	if err != nil {
		panic(err)
	}
	place, _ := reflector.Number([]int64{7012345678}) // phoneConnection.id of all of them
	gateway, err := reflector.Open(reflector.Options{Servers: []reflector.Server{
		{ID: place[7012345678], Host: "127.0.0.1", Port: 598, PeerTag: tag},
	}})
	if err != nil {
		panic(err)
	}
	defer gateway.Close()

	var urls []*stun.URI // for ice.WithUrls
	for _, a := range gateway.Accounts() {
		urls = append(urls, &stun.URI{
			Scheme: stun.SchemeTypeTURN, Proto: stun.ProtoTypeUDP, Host: a.Host, Port: a.Port, Username: a.Username, Password: a.Password,
		})
	}
	// candidate:2999745851 1 udp 41885695 reflector-1-16909060.reflector 598 typ relay
	addr, err := gateway.Remote("reflector-1-16909060.reflector", 598)
	fmt.Println(len(urls), reflector.Synthetic(addr.Addr()), err)
	// Output: 1 true <nil>
}
