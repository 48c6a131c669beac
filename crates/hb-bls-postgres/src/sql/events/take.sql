-- $1 how many, $2 lease in seconds, $3 claim
-- not a subquery of the update, which the planner may run once for each row: each time it would find other rows
WITH found AS (
    SELECT event_id FROM {prefix}events AS event
    WHERE state = 'open' AND due <= statement_timestamp() AND NOT EXISTS (
        SELECT FROM {prefix}events AS other
        WHERE other.booking = event.booking AND other.state = 'open' AND other.number <> event.number AND (
            (other.occurred_at, other.number) < (event.occurred_at, event.number)
            -- being handled
            OR other.claim IS NOT NULL AND other.due > statement_timestamp()
        )
    )
    ORDER BY due, number LIMIT $1::bigint FOR UPDATE SKIP LOCKED
), mine AS (
    UPDATE {prefix}events SET
        due = statement_timestamp() + make_interval(secs => $2::float8), claim = $3::bigint, attempts = attempts + 1
    WHERE event_id IN (SELECT event_id FROM found)
    RETURNING event_id, number, booking, origin, occurred_at, received_at, attempts, body
)
SELECT mine.event_id::text, mine.booking::text, mine.origin,
    (extract(epoch FROM mine.received_at) * 1000000)::bigint::text, mine.attempts::text,
    EXISTS (
        SELECT FROM {prefix}events AS newer
        WHERE newer.booking = mine.booking AND newer.state = 'done'
            AND (newer.occurred_at, newer.number) > (mine.occurred_at, mine.number)
            -- the clock of the reconciler is not the portal's
            AND (newer.origin = 'delivered' OR newer.occurred_at > mine.occurred_at + interval '5 minutes')
    )::text,
    noted.note, noted.open::text, encode(mine.body, 'hex')
FROM mine LEFT JOIN {prefix}booking_notes AS noted ON noted.booking = mine.booking
ORDER BY mine.number
