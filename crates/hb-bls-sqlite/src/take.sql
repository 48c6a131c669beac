-- ?1 now, ?2 how many
SELECT event_id, event.booking AS booking, origin, received_at, attempts, body, note, open,
    EXISTS (
        SELECT 1 FROM events AS newer
        WHERE newer.booking = event.booking AND newer.state = 'done'
            AND (newer.occurred_at, newer.number) > (event.occurred_at, event.number)
            -- the clock of the reconciler is not the portal's: five minutes
            AND (newer.origin = 'delivered' OR newer.occurred_at > event.occurred_at + 300000000)
    ) AS overtaken
FROM events AS event LEFT JOIN booking_notes AS noted ON noted.booking = event.booking
WHERE event.state = 'open' AND due <= ?1 AND NOT EXISTS (
    SELECT 1 FROM events AS other
    WHERE other.booking = event.booking AND other.state = 'open' AND other.number <> event.number AND (
        (other.occurred_at, other.number) < (event.occurred_at, event.number)
        -- being handled
        OR other.claim IS NOT NULL AND other.due > ?1
    )
)
ORDER BY due, event.number LIMIT ?2
