-- name: keep
INSERT INTO flow_memory (job_id, memory_id) VALUES ($1, $2) ON CONFLICT DO NOTHING;

-- name: find
SELECT memory_id FROM flow_memory WHERE job_id = $1;
