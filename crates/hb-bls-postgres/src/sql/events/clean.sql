-- $1 seconds for which bodies are kept, $2 seconds for which events are remembered, which are no fewer
WITH over AS (
    SELECT event_id FROM {prefix}events
    WHERE settled_at <= statement_timestamp() - make_interval(secs => $2::float8)
    ORDER BY settled_at LIMIT 10000 FOR UPDATE SKIP LOCKED
), forgotten AS (
    DELETE FROM {prefix}events WHERE event_id IN (SELECT event_id FROM over)
), old AS (
    SELECT event_id FROM {prefix}events
    WHERE settled_at <= statement_timestamp() - make_interval(secs => $1::float8)
        AND settled_at > statement_timestamp() - make_interval(secs => $2::float8) AND body IS NOT NULL
    ORDER BY settled_at LIMIT 10000 FOR UPDATE SKIP LOCKED
)
UPDATE {prefix}events SET body = NULL, why = NULL WHERE event_id IN (SELECT event_id FROM old)
