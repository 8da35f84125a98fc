package account

// Person is somebody on Telegram as this account sees them. ID and AccessHash together address them; the hash is worth nothing to
// another account. The other fields may be empty, and come from outside.
type Person struct {
	ID         int64
	AccessHash int64
	Phone      string // digits with country code, without "+"
	Username   string // without "@"
	FirstName  string
	LastName   string
}
