-- name: outcome
-- How a job ended, for those who wait for it.
SELECT status, result, result_blob FROM completed_job WHERE job_id = $1;

-- name: outcomes
-- Those of the jobs that have ended.
SELECT job_id, status, result, result_blob FROM completed_job WHERE job_id = ANY($1::uuid[]);

-- part: scrubbed
-- Removes args, result, logs and streams of the jobs of `due`, and what was kept of them elsewhere; what ran and when stays.
scrubbed AS (
    UPDATE completed_job SET result = NULL, result_blob = NULL, deleted = true
    FROM due WHERE completed_job.job_id = due.job_id
), args AS (
    UPDATE job SET args = '{}' FROM due WHERE job.id = due.job_id
), logs AS (
    DELETE FROM job_log USING due WHERE job_log.job_id = due.job_id
), streams AS (
    DELETE FROM job_stream USING due WHERE job_stream.job_id = due.job_id
), cached AS (
    DELETE FROM cached_result USING due WHERE cached_result.job_id = due.job_id
), items AS (
    DELETE FROM flow_items USING due WHERE flow_items.flow_job = due.job_id
), answers AS (
    UPDATE flow_event SET payload = 'null' FROM due WHERE flow_event.flow_job = due.job_id
), user_states AS (
    DELETE FROM flow_user_state USING due WHERE flow_user_state.root_flow = due.job_id
), workflow_steps AS (
    UPDATE workflow_step SET result = NULL FROM due WHERE workflow_step.job_id = due.job_id
), columns AS (
    DELETE FROM result_column USING due WHERE result_column.job_id = due.job_id
)

-- name: scrub_due
-- Up to $1 jobs whose time for that has come.
WITH due AS (
    SELECT job_id, result_blob FROM completed_job
    WHERE delete_at <= now() AND NOT deleted
    ORDER BY delete_at LIMIT $1
    FOR UPDATE SKIP LOCKED
), /* part: scrubbed */
SELECT job_id, result_blob FROM due;

-- name: scrub_one
-- The same for one job, whenever it was to be.
WITH due AS (
    SELECT job_id, result_blob FROM completed_job WHERE job_id = $1 FOR UPDATE
), /* part: scrubbed */
SELECT job_id, result_blob FROM due;

-- part: with_what_belongs_to_them
-- Removes the jobs of `old` with everything that belongs to them.
ended AS (
    DELETE FROM completed_job USING old WHERE completed_job.job_id = old.job_id
), jobs AS (
    DELETE FROM job USING old WHERE job.id = old.job_id RETURNING job.*
), started AS (
    -- That it was started stays in the trail.
    INSERT INTO audit (at, workspace_id, username, email, job_id, action, kind, resource, parameters)
    SELECT j.created_at, j.workspace_id, j.created_by, j.email, j.parent_job,
           CASE j.kind
               WHEN 'script' THEN 'jobs.run.script' WHEN 'flow' THEN 'jobs.run.flow'
               WHEN 'preview' THEN 'jobs.run.preview' WHEN 'flowpreview' THEN 'jobs.run.preview'
               WHEN 'dependencies' THEN 'jobs.run.dependencies' WHEN 'flowdependencies' THEN 'jobs.run.dependencies'
               ELSE 'jobs.run'
           END,
           'Execute', j.path,
           jsonb_strip_nulls(jsonb_build_object(
               'job_id', j.id, 'permissioned_as', j.permissioned_as, 'trigger_kind', j.trigger_kind, 'trigger', j.trigger
           ))
    FROM jobs AS j WHERE j.flow_step_id IS NULL
), logs AS (
    DELETE FROM job_log USING old WHERE job_log.job_id = old.job_id
), streams AS (
    DELETE FROM job_stream USING old WHERE job_stream.job_id = old.job_id
), metrics AS (
    DELETE FROM job_metric USING old WHERE job_metric.job_id = old.job_id
), usages AS (
    DELETE FROM job_usage USING old WHERE job_usage.job_id = old.job_id
), states AS (
    DELETE FROM flow_state USING old WHERE flow_state.job_id = old.job_id
), children AS (
    DELETE FROM flow_child USING old WHERE flow_child.flow_job = old.job_id
), steps AS (
    DELETE FROM flow_step USING old WHERE flow_step.flow_job = old.job_id
), items AS (
    DELETE FROM flow_items USING old WHERE flow_items.flow_job = old.job_id
), answers AS (
    DELETE FROM flow_event USING old WHERE flow_event.flow_job = old.job_id
), user_states AS (
    DELETE FROM flow_user_state USING old WHERE flow_user_state.root_flow = old.job_id
), memories AS (
    DELETE FROM flow_memory USING old WHERE flow_memory.job_id = old.job_id
), resolutions AS (
    DELETE FROM job_resolution USING old WHERE job_resolution.job_id = old.job_id
), workflow_steps AS (
    DELETE FROM workflow_step USING old WHERE workflow_step.job_id = old.job_id
), columns AS (
    DELETE FROM result_column USING old WHERE result_column.job_id = old.job_id
)

-- name: remove_old
-- Removes up to $2 jobs that ended more than $1 seconds ago.
WITH old AS (
    SELECT job_id, result_blob FROM completed_job
    WHERE completed_at < now() - make_interval(secs => $1::double precision)
    ORDER BY completed_at LIMIT $2
    FOR UPDATE SKIP LOCKED
), /* part: with_what_belongs_to_them */
SELECT job_id, result_blob FROM old;

-- name: remove_these
-- Removes these jobs of a workspace, as far as they have ended.
WITH old AS (
    SELECT job_id, result_blob FROM completed_job
    WHERE workspace_id = $1 AND job_id = ANY($2::uuid[])
    FOR UPDATE
), /* part: with_what_belongs_to_them */
SELECT job_id, result_blob FROM old;
