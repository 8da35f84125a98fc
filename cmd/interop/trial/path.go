package trial

// Path is what could connect the two.
type Path struct {
	Name         string
	Direct       bool // peer-to-peer is allowed
	TURN         bool
	ReflectorUDP bool
	ReflectorTCP bool
	IPv6         bool // hosts have nothing else
}
