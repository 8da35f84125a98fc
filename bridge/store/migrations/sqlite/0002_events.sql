-- Events, for those who follow them; seq is their order. One that was erased has no json.
CREATE TABLE events (
	seq     INTEGER PRIMARY KEY AUTOINCREMENT,
	until   INTEGER NOT NULL, -- when it may go, in microseconds since 1970
	kind    TEXT NOT NULL,
	line    TEXT NOT NULL,
	numbers TEXT NOT NULL, -- folded, of everybody whom the event names, between spaces
	json    BLOB NOT NULL
);
CREATE INDEX events_until ON events (until);
