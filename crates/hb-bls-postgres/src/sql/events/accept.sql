-- $1 event, $2 type, $3 booking or nothing, $4 origin, $5 when it occurred or nothing, $6 body in hexadecimal digits,
-- $7 headers or nothing
INSERT INTO {prefix}events (event_id, event_type, booking, origin, occurred_at, received_at, state, due, body, headers)
VALUES ($1::uuid, $2, nullif($3, '')::bigint, $4, coalesce(nullif($5, '')::timestamptz, statement_timestamp()),
    statement_timestamp(), 'open', statement_timestamp(), decode($6, 'hex'), nullif($7, ''))
ON CONFLICT (event_id) DO NOTHING
RETURNING 'new'
