-- Accounts that are no persons: each belongs to one workspace, goes with it, and never signs in.
ALTER TABLE account ADD COLUMN service_of text REFERENCES workspace (id) ON DELETE CASCADE;
ALTER TABLE account ADD CONSTRAINT service_account_has_no_password_and_no_role
    CHECK (service_of IS NULL OR (password_hash IS NULL AND NOT is_superadmin AND NOT is_devops));
CREATE INDEX account_service_of ON account (service_of) WHERE service_of IS NOT NULL;
