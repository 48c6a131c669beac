-- $1 event, $2 claim, $3 lease in seconds
WITH mine AS (
    INSERT INTO {prefix}inbox AS event (event_id, claim, until)
    VALUES ($1::uuid, $2::bigint, clock_timestamp() + make_interval(secs => $3::float8))
    ON CONFLICT (event_id) DO UPDATE SET claim = excluded.claim, until = excluded.until
        WHERE event.until <= clock_timestamp()
    RETURNING 'new' AS outcome
), over AS (
    -- more than can come in meanwhile
    DELETE FROM {prefix}inbox WHERE event_id IN (
        SELECT event_id FROM {prefix}inbox
        WHERE until < clock_timestamp() - interval '1 minute' AND event_id <> $1::uuid
        ORDER BY until LIMIT 3 FOR UPDATE SKIP LOCKED
    )
)
SELECT outcome FROM mine
UNION ALL
SELECT CASE WHEN claim IS NULL AND until > clock_timestamp() THEN 'done' ELSE 'taken' END FROM {prefix}inbox
WHERE event_id = $1::uuid AND NOT EXISTS (SELECT FROM mine)
