-- Claims an event. ARGV[1]: number of the claim, ARGV[2]: length of the lease in milliseconds.
local claim = redis.call('GET', KEYS[1])
if claim then
    return claim == 'done' and 'done' or 'taken'
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 'new'
