package bridge

// Cause says how a call or leg ended: a Q.850 cause value (1 to 127). Zero: not ended, or not known.
type Cause uint8
