//go:build !race

package testnet_test

const crowdSize = 200
