package account

import (
	"context"
	"errors"
	"fmt"
)

// Prompt asks a human being. An error ends the login and is returned by it.
type Prompt interface {
	Phone(ctx context.Context, a Ask) (string, error)    // the account's number, international
	Code(ctx context.Context, a Ask) (string, error)     // the code Telegram has just sent
	Password(ctx context.Context, a Ask) (string, error) // the two-step verification password
}

// Ask says what a Prompt is asked for and what was wrong with the last answer.
type Ask struct {
	Try  int    // 1 to 3
	Err  error  // ErrBadAddress, ErrBadNumber, ErrWrongCode or ErrWrongPassword; nil at the first try
	Hint string // Code: where it was sent; Password: the owner's own reminder, a text from outside
}

// What can be wrong with an answer.
var (
	ErrBadNumber     = errors.New("telegram does not take that number")
	ErrWrongCode     = errors.New("that code is wrong")
	ErrWrongPassword = errors.New("that password is wrong")
)

// mostTries is how often a person is asked for the same thing.
const mostTries = 3

// ask repeats a question until try is content with the answer, up to three times. What a person can mend is among the errors above; any
// other error of try ends it.
func ask(ctx context.Context, hint string, question func(context.Context, Ask) (string, error), try func(answer string) error) error {
	var wrong error
	for n := 1; n <= mostTries; n++ {
		answer, err := question(ctx, Ask{Try: n, Err: wrong, Hint: hint})
		if err != nil {
			return err
		}
		if wrong = try(answer); !mendable(wrong) {
			return wrong
		}
	}
	return fmt.Errorf("%w: %w", ErrTooManyTries, wrong)
}

func mendable(err error) bool {
	return errors.Is(err, ErrBadAddress) || errors.Is(err, ErrBadNumber) || errors.Is(err, ErrWrongCode) || errors.Is(err, ErrWrongPassword)
}
