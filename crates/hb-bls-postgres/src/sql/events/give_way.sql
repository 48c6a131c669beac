-- Gives back what must not be handled beside another event of its booking that was accepted or taken at the same time: the
-- statement that took it could not see that. Of two that were taken at once, the later statement sees the other.
-- $1 claim, $2 the events that it is for
UPDATE {prefix}events AS event SET due = statement_timestamp(), claim = NULL, attempts = attempts - 1
WHERE event_id = ANY ($2::uuid[]) AND claim = $1::bigint AND state = 'open' AND EXISTS (
    SELECT FROM {prefix}events AS other
    WHERE other.booking = event.booking AND other.state = 'open' AND other.number <> event.number AND (
        (other.occurred_at, other.number) < (event.occurred_at, event.number)
        OR other.claim IS NOT NULL AND other.due > statement_timestamp()
    )
)
RETURNING event_id::text
