package xml

// Switchboard knows users and lines. Its methods are called from many goroutines at once, and a telephone waits for each answer.
type Switchboard interface {
	// User finds an entry of the directory.
	User(id string) (User, bool)
	// Way says how somebody on Telegram is reached.
	Way(Wish) Way
}

// Wish is a call to Telegram that somebody wants to make.
type Wish struct {
	By   string // the user of our domain who has logged in to make it; empty: somebody else whom FreeSWITCH lets dial
	Line string // the line it wants; empty: any
	Who  string // +4930123456, 4930123456, @ann, *123456789
}

// Way is how somebody on Telegram is reached, or why not.
type Way struct {
	User  string // of the directory, that the line is registered as
	Who   string // the same person as the line wants it
	Cause string // FreeSWITCH's name of the cause to refuse the call with; empty: it may be
}
