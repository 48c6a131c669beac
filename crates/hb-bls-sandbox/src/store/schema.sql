-- Instants are Unix milliseconds, money is whole pence, dates are ISO text in UK local time.
-- Bookings and transactions are never deleted: their account_no tells how many there are, and finds
-- any page of the whole list without counting through it.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    hb_client_id     TEXT NOT NULL UNIQUE,
    api_key          TEXT NOT NULL,
    booking_slug     TEXT NOT NULL UNIQUE,
    balance          INTEGER NOT NULL CHECK (balance >= 0),
    invoice_payments INTEGER NOT NULL,
    credit_limit     INTEGER NOT NULL CHECK (credit_limit >= 0),
    invoiced         INTEGER NOT NULL DEFAULT 0 CHECK (invoiced >= 0)
) STRICT;

CREATE TABLE courses (
    id               INTEGER PRIMARY KEY,
    name             TEXT NOT NULL,
    price            INTEGER NOT NULL,
    duration_minutes INTEGER NOT NULL
) STRICT;

CREATE TABLE trainers (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL
) STRICT;

-- Which trainer gives which course on which weekday (1 is Monday).
CREATE TABLE rota (
    course_id  INTEGER NOT NULL REFERENCES courses (id),
    weekday    INTEGER NOT NULL,
    trainer_id INTEGER NOT NULL REFERENCES trainers (id),
    PRIMARY KEY (course_id, weekday, trainer_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE credits (
    account_id INTEGER NOT NULL REFERENCES accounts (id),
    course_id  INTEGER NOT NULL REFERENCES courses (id),
    credits    INTEGER NOT NULL CHECK (credits >= 0),
    PRIMARY KEY (account_id, course_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE tokens (
    access_token       TEXT PRIMARY KEY,
    refresh_token      TEXT NOT NULL UNIQUE,
    account_id         INTEGER NOT NULL REFERENCES accounts (id),
    expires_at         INTEGER NOT NULL,
    refresh_expires_at INTEGER NOT NULL,
    refreshed          INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX tokens_by_end ON tokens (refresh_expires_at);

-- Only holds that still count: one that expires, is released or becomes a booking is deleted.
CREATE TABLE holds (
    hold_hash  TEXT PRIMARY KEY,
    account_id INTEGER NOT NULL UNIQUE REFERENCES accounts (id),
    course_id  INTEGER NOT NULL REFERENCES courses (id),
    trainer_id INTEGER NOT NULL REFERENCES trainers (id),
    date       TEXT NOT NULL,
    time       TEXT NOT NULL,
    start_at   INTEGER NOT NULL,
    end_at     INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    UNIQUE (course_id, date, time)
) STRICT, WITHOUT ROWID;

CREATE TABLE bookings (
    id                   INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id           INTEGER NOT NULL REFERENCES accounts (id),
    account_no           INTEGER NOT NULL, -- counts the account's bookings from 1 without gaps
    course_id            INTEGER NOT NULL REFERENCES courses (id),
    trainer_id           INTEGER NOT NULL REFERENCES trainers (id),
    hold_hash            TEXT UNIQUE, -- null when seeded
    first_name           TEXT NOT NULL,
    last_name            TEXT NOT NULL,
    email                TEXT NOT NULL,
    sought               TEXT NOT NULL, -- what a search looks in
    phone                TEXT NOT NULL,
    address              TEXT NOT NULL,
    city                 TEXT NOT NULL,
    postcode             TEXT NOT NULL,
    job_role             TEXT NOT NULL,
    agency_contact_name  TEXT NOT NULL,
    agency_contact_email TEXT NOT NULL,
    agency_email         TEXT,
    pay_option           TEXT NOT NULL,
    price                INTEGER NOT NULL,
    booking_status       TEXT NOT NULL,
    pay_status           TEXT NOT NULL,
    training_status      TEXT NOT NULL,
    equipment_status     TEXT NOT NULL,
    attendance           TEXT,
    start_on             TEXT NOT NULL,
    start_at             INTEGER NOT NULL,
    end_at               INTEGER NOT NULL,
    kit_due_on           TEXT NOT NULL,
    kit_late_at          INTEGER NOT NULL,
    zoom_id              TEXT NOT NULL,
    zoom_password        TEXT NOT NULL,
    created_at           INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX bookings_by_account ON bookings (account_id, account_no);
-- The lists of the page look through all bookings when few match: here they read a fraction of each.
CREATE INDEX bookings_in_brief ON bookings
    (id, account_id, booking_status, equipment_status, attendance, training_status, sought);
CREATE INDEX bookings_by_start ON bookings (start_at);
CREATE INDEX bookings_with_kit_out ON bookings (kit_late_at)
    WHERE booking_status = 'booked' AND equipment_status = 'out';

CREATE TABLE transactions (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id  INTEGER NOT NULL REFERENCES accounts (id),
    account_no  INTEGER NOT NULL, -- counts the account's entries from 1 without gaps
    type        TEXT NOT NULL,
    amount      INTEGER NOT NULL CHECK (amount > 0),
    wallet      TEXT NOT NULL,
    description TEXT NOT NULL,
    booking_id  INTEGER REFERENCES bookings (id),
    created_at  INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX transactions_by_account ON transactions (account_id, account_no);

CREATE TABLE webhooks (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id      INTEGER NOT NULL REFERENCES accounts (id),
    name            TEXT NOT NULL,
    url             TEXT NOT NULL,
    events          TEXT NOT NULL, -- JSON array
    secret          TEXT NOT NULL,
    timeout_seconds INTEGER NOT NULL,
    is_active       INTEGER NOT NULL,
    created_at      INTEGER NOT NULL
) STRICT;

CREATE TABLE events (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    event_id    TEXT NOT NULL UNIQUE,
    event_type  TEXT NOT NULL,
    booking_id  INTEGER, -- null for a test event
    occurred_at INTEGER NOT NULL,
    body        TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_booking ON events (booking_id);

-- One row per attempt; its id is the X-TDTA-Delivery-Id.
CREATE TABLE deliveries (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    webhook_id      INTEGER NOT NULL,
    event           INTEGER NOT NULL REFERENCES events (id),
    event_type      TEXT NOT NULL, -- that of the event, so that the page finds the newest of a type
    attempt         INTEGER NOT NULL,
    due_at          INTEGER NOT NULL,
    state           TEXT NOT NULL,
    sent_at         INTEGER,
    signature       TEXT, -- as it was sent, since the secret may be rotated
    secret_prefix   TEXT,
    took_ms         INTEGER,
    response_status INTEGER,
    response_body   TEXT, -- only if it is to be kept
    response_headers TEXT, -- the same: a JSON array of names with values
    error           TEXT
) STRICT;
CREATE INDEX deliveries_by_event ON deliveries (event);
-- With the webhook, whose account a list may be narrowed to. Which of them finds less, SQLite does not know.
CREATE INDEX deliveries_by_type ON deliveries (event_type, id, webhook_id);
CREATE INDEX deliveries_by_state ON deliveries (state, id, webhook_id);
CREATE INDEX deliveries_by_type_and_state ON deliveries (event_type, state, id, webhook_id);
CREATE INDEX deliveries_to_do ON deliveries (webhook_id, due_at, id) WHERE state = 'scheduled';
CREATE INDEX deliveries_next ON deliveries (due_at) WHERE state = 'scheduled';
