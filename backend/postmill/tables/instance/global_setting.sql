-- name: get
SELECT sealed_value FROM global_setting WHERE name = $1

-- name: list_all
SELECT name, sealed_value FROM global_setting ORDER BY name

-- name: put
INSERT INTO global_setting (name, sealed_value, updated_by) VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE SET sealed_value = EXCLUDED.sealed_value, updated_by = EXCLUDED.updated_by,
    updated_at = now()

-- name: delete
DELETE FROM global_setting WHERE name = $1
