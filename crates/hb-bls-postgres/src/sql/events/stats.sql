SELECT (SELECT count(*) FROM {prefix}events WHERE state = 'open')::text,
    (SELECT count(*) FROM {prefix}events WHERE state = 'dead')::text,
    (SELECT extract(epoch FROM statement_timestamp() - min(received_at)) FROM {prefix}events WHERE state = 'open')::text
