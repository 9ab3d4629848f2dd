-- The answers to a flow's steps are read when its status is, and removed with it.
CREATE INDEX flow_event_flow ON flow_event (flow_job);
