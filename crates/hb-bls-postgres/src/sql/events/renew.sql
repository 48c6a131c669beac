-- $1 event, $2 claim, $3 lease in seconds
UPDATE {prefix}events SET due = statement_timestamp() + make_interval(secs => $3::float8)
WHERE event_id = $1::uuid AND claim = $2::bigint AND state = 'open'
RETURNING 'renewed'
