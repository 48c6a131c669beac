-- Replaces a text, if its version is ARGV[1] still, which is empty if there was none. ARGV[2], ARGV[3]: new version and text.
if (redis.call('HGET', KEYS[1], 'version') or '') ~= ARGV[1] then
    return 0
end
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'text', ARGV[3])
return 1
