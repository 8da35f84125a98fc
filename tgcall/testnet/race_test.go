//go:build race

package testnet_test

// crowdSize is smaller with the race detector, which makes everything some ten times slower; `make bench` runs all two hundred.
const crowdSize = 40
