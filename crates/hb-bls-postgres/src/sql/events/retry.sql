WITH again AS (
    UPDATE {prefix}events SET state = 'open', due = statement_timestamp(), attempts = 0
    WHERE event_id = $1::uuid AND (state = 'dead' OR state = 'open' AND claim IS NULL)
    RETURNING event_id
)
SELECT pg_notify('{prefix}events', '')::text FROM again
