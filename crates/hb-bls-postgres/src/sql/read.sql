SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint::text, stored.version::text, stored.text
FROM (SELECT 1) AS one LEFT JOIN {prefix}state AS stored ON stored.key = $1
