-- The tables of hb-bls-postgres. It can be run again and again.

-- Small texts that are replaced all the time: room for new versions stays in each page, and no text is moved out of its row,
-- so that old versions are cleared away without a vacuum.
CREATE TABLE IF NOT EXISTS {prefix}state (
    key text PRIMARY KEY,
    version bigint NOT NULL,
    text text NOT NULL
) WITH (fillfactor = 40, toast_tuple_target = 8160);

-- Events of the webhook. Those without a claim are done.
CREATE TABLE IF NOT EXISTS {prefix}inbox (
    event_id uuid PRIMARY KEY,
    claim bigint,
    until timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS {prefix}inbox_until ON {prefix}inbox (until);

-- How far bookings with a key have come. A record is kept for ever.
CREATE TABLE IF NOT EXISTS {prefix}bookings (
    account text NOT NULL,
    key bytea NOT NULL,
    revision bigint NOT NULL,
    finished boolean NOT NULL,
    record text NOT NULL,
    -- once it is made
    booking bigint,
    PRIMARY KEY (account, key)
);
CREATE INDEX IF NOT EXISTS {prefix}bookings_booking ON {prefix}bookings (account, booking) WHERE booking IS NOT NULL;
CREATE INDEX IF NOT EXISTS {prefix}bookings_unfinished ON {prefix}bookings (account) WHERE NOT finished;

-- Events that were accepted and are to be handled. Whoever takes an event makes it due when the lease lapses.
CREATE TABLE IF NOT EXISTS {prefix}events (
    event_id uuid PRIMARY KEY,
    number bigint GENERATED ALWAYS AS IDENTITY,
    event_type text NOT NULL,
    booking bigint,
    origin text NOT NULL,
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    -- open, done, dead or removed
    state text NOT NULL,
    due timestamptz NOT NULL,
    claim bigint,
    attempts integer NOT NULL DEFAULT 0,
    why text,
    -- when it was done or removed
    settled_at timestamptz,
    -- with which a delivery was verified
    headers text,
    body bytea
);
CREATE INDEX IF NOT EXISTS {prefix}events_due ON {prefix}events (due, number) WHERE state = 'open';
CREATE INDEX IF NOT EXISTS {prefix}events_booking ON {prefix}events (booking, occurred_at, number);
CREATE INDEX IF NOT EXISTS {prefix}events_dead ON {prefix}events (number) WHERE state = 'dead';
CREATE INDEX IF NOT EXISTS {prefix}events_number ON {prefix}events (number);
CREATE INDEX IF NOT EXISTS {prefix}events_settled ON {prefix}events (settled_at) WHERE settled_at IS NOT NULL;

-- What was last known of each booking. A note is kept for ever, and has no personal data.
CREATE TABLE IF NOT EXISTS {prefix}booking_notes (
    booking bigint PRIMARY KEY,
    note text NOT NULL,
    open boolean NOT NULL,
    -- once its reconciler has read the booking
    account text
);
CREATE INDEX IF NOT EXISTS {prefix}booking_notes_open ON {prefix}booking_notes (account, booking) WHERE open;

-- Which bookings an account cannot see, and what was noted of them when it tried.
CREATE TABLE IF NOT EXISTS {prefix}skipped_notes (
    account text NOT NULL,
    booking bigint NOT NULL,
    note text NOT NULL,
    PRIMARY KEY (account, booking)
);
