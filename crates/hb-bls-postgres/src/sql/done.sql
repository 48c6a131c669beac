-- $1 event, $2 seconds for which it is remembered
INSERT INTO {prefix}inbox (event_id, claim, until)
VALUES ($1::uuid, NULL, clock_timestamp() + make_interval(secs => $2::float8))
ON CONFLICT (event_id) DO UPDATE SET claim = NULL, until = excluded.until
