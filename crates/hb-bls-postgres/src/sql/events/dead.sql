-- $1 event, $2 claim, $3 why
UPDATE {prefix}events SET state = 'dead', claim = NULL, why = $3
WHERE event_id = $1::uuid AND claim = $2::bigint AND state = 'open'
RETURNING 'dead'
