-- $1 event, $2 claim, $3 seconds until it is due, $4 why, $5 how many attempts that was: one or none
UPDATE {prefix}events SET
    due = statement_timestamp() + make_interval(secs => $3::float8), claim = NULL, why = $4, attempts = attempts - 1 + $5::integer
WHERE event_id = $1::uuid AND claim = $2::bigint AND state = 'open'
RETURNING 'failed'
