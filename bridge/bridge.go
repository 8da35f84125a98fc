// Package bridge is the call: it connects two or more legs, whatever protocol each of them speaks, and says how that ended.
//
// Start reading here. A Leg is one party's connection; Handle runs one call from its first leg to its Outcome.
package bridge

// CallID names a call for logs, records and the API. Unique within the program's life.
type CallID string
