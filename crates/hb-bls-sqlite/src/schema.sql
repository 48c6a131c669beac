CREATE TABLE events (
    -- never used again, so that lists go on where they ended
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id TEXT NOT NULL UNIQUE,
    event_type TEXT NOT NULL,
    booking INTEGER,
    origin TEXT NOT NULL,
    -- times are in microseconds since 1970
    occurred_at INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    -- open, done, dead or removed
    state TEXT NOT NULL,
    -- whoever takes an event makes it due when the lease lapses
    due INTEGER NOT NULL,
    claim INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    why TEXT,
    -- when it was done or removed
    settled_at INTEGER,
    headers TEXT,
    body BLOB
) STRICT;
CREATE INDEX events_due ON events (due, number) WHERE state = 'open';
CREATE INDEX events_dead ON events (number) WHERE state = 'dead';
CREATE INDEX events_booking ON events (booking, occurred_at, number);
CREATE INDEX events_settled ON events (settled_at) WHERE settled_at IS NOT NULL;

CREATE TABLE booking_notes (
    booking INTEGER PRIMARY KEY,
    note TEXT NOT NULL,
    open INTEGER NOT NULL,
    -- once its reconciler has read the booking
    account TEXT
) STRICT;
CREATE INDEX booking_notes_open ON booking_notes (account, booking) WHERE open;

-- which bookings an account cannot see, and what was noted of them when it tried
CREATE TABLE skipped_notes (
    account TEXT NOT NULL,
    booking INTEGER NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (account, booking)
) STRICT, WITHOUT ROWID;
