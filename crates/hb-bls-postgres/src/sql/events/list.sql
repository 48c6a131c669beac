-- $1 state or nothing, $2 after this number, $3 how many, $4 event or nothing
SELECT number::text, event_id::text, event_type, booking::text, origin,
    (extract(epoch FROM occurred_at) * 1000000)::bigint::text, (extract(epoch FROM received_at) * 1000000)::bigint::text,
    state, (extract(epoch FROM due) * 1000000)::bigint::text, attempts::text, why, headers
FROM {prefix}events AS event WHERE number > $2::bigint AND ($1 = '' OR state = $1)
    AND ($4 = '' OR event_id = nullif($4, '')::uuid)
-- the number, not its text
ORDER BY event.number LIMIT $3::bigint
