-- Events, for those who follow them; seq is their order. One that was erased has no json.
CREATE TABLE events (
	seq     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	until   bigint NOT NULL, -- when it may go, in microseconds since 1970
	kind    text NOT NULL,
	line    text NOT NULL,
	numbers text NOT NULL, -- folded, of everybody whom the event names, between spaces
	json    bytea NOT NULL
);
CREATE INDEX events_until ON events (until);
