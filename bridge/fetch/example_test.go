package fetch_test

import (
	"context"
	"fmt"

	"switchgram/bridge/fetch"
)

func Example() {
	client := fetch.New(fetch.Options{})
	defer client.Close()
	_, err := client.Do(context.Background(), fetch.Request{URL: "http://169.254.169.254/latest/meta-data/"})
	fmt.Println(err)
	// Output: fetch http://169.254.169.254: dial tcp 169.254.169.254:80: address 169.254.169.254 is link-local and not allowed
}
