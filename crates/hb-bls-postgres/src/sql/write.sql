UPDATE {prefix}state SET version = $2::bigint, text = $3 WHERE key = $1 AND version = $4::bigint
-- for this transaction only: these texts may be lost with a server that crashes
RETURNING set_config('synchronous_commit', 'off', true)
