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
    PRIMARY KEY (account, key)
);
CREATE INDEX IF NOT EXISTS {prefix}bookings_unfinished ON {prefix}bookings (account) WHERE NOT finished;
