-- name: announce
SELECT pg_notify('access_changed', $1)
