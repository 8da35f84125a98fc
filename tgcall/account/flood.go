package account

import (
	"fmt"
	"time"
)

// FloodError says that Telegram asked us to leave a method alone for a while.
type FloodError struct {
	Method string        // such as contacts.resolvePhone
	Wait   time.Duration // how much longer
}

// Error names the method and the wait.
func (e *FloodError) Error() string {
	return fmt.Sprintf("%s: telegram asks to wait %v", e.Method, e.Wait.Round(time.Second))
}
