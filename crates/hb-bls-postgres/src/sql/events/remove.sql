UPDATE {prefix}events SET state = 'removed', claim = NULL, why = NULL, body = NULL, settled_at = statement_timestamp()
WHERE event_id = $1::uuid AND state <> 'removed'
RETURNING 'removed'
