INSERT INTO {prefix}state (key, version, text) VALUES ($1, $2::bigint, $3)
ON CONFLICT (key) DO NOTHING
-- for this transaction only: these texts may be lost with a server that crashes
RETURNING set_config('synchronous_commit', 'off', true)
