import type { AuditEntry } from "@/api/types";

/** What the first part of an operation's name is about. */
const NOUNS: Record<string, string> = {
  alerts: "Alert",
  drafts: "Draft",
  files: "File",
  flows: "Flow",
  folder: "Folder",
  group: "Group",
  igroup: "Instance group",
  inputs: "Saved inputs",
  jobs: "Run",
  resource_types: "Resource type",
  resources: "Resource",
  schedule: "Schedule",
  scripts: "Script",
  settings: "Instance setting",
  trash: "Trash",
  "users.token": "Token",
  variables: "Variable",
  worker_config: "Worker group",
  workspace_dependencies: "Shared requirements",
  workspaces: "Workspace",
};

/** What the last part says was done. */
const DONE: Record<string, string> = {
  acknowledge: "acknowledged",
  archive: "archived",
  cancel: "canceled",
  create: "created",
  delete: "deleted",
  edit: "changed",
  export: "exported",
  import: "imported",
  move: "moved",
  overwrite: "overwritten",
  restart: "restarted",
  restore: "restored",
  set: "changed",
  share: "shared",
  unarchive: "brought back",
  unshare: "no longer shared",
  update: "changed",
  upload: "uploaded",
};

/** Those that the two halves do not say well. */
const WHOLE: Record<string, string> = {
  "alerts.acknowledge_all": "All alerts acknowledged",
  "flows.history_update": "Note on a flow version changed",
  "flows.mute_error_handler": "Error handler of a flow muted or not",
  "folder.add_owner": "Owner added to a folder",
  "folder.remove_owner": "Owner removed from a folder",
  "group.adduser": "Member added to a group",
  "group.removeuser": "Member removed from a group",
  "igroup.adduser": "Account added to an instance group",
  "igroup.export": "Instance groups exported",
  "igroup.overwrite": "Instance groups overwritten",
  "igroup.removeuser": "Account removed from an instance group",
  "jobs.approve": "Approved",
  "jobs.disapprove": "Rejected",
  "jobs.export": "Runs exported",
  "jobs.force_cancel": "Run canceled by force",
  "jobs.import": "Runs imported",
  "jobs.resolve": "Run marked as resolved",
  "jobs.run": "Run started",
  "jobs.run.dependencies": "Requirements locked",
  "jobs.run.flow": "Flow started",
  "jobs.run.preview": "Test started",
  "jobs.run.script": "Script started",
  "jobs.run_now": "Scheduled run started at once",
  "jobs.share": "Public link to a run made",
  "jobs.unresolve": "Mark as resolved taken back",
  "jobs.unshare": "Public link to a run revoked",
  "oidc.rotate_key": "New key for identity tokens",
  "oidc.token": "Identity token issued",
  "resources.clear_history": "Earlier values of a resource deleted",
  "schedule.setenabled": "Schedule turned on or off",
  "scripts.history_update": "Note on a script version changed",
  "scripts.mute_error_handler": "Error handler of a script muted or not",
  "trash.delete": "Deleted for good",
  "trash.empty": "Trash emptied",
  "trash.restore": "Restored from the trash",
  "users.accept_invite": "Invitation accepted",
  "users.add_global": "Account created",
  "users.add_to_workspace": "Member added",
  "users.change_email": "Email of an account changed",
  "users.convert_to_group": "Member handed over to an instance group",
  "users.create": "Account created",
  "users.create_service_account": "Service account created",
  "users.decline_invite": "Invitation declined",
  "users.delete": "Member or account removed",
  "users.delete_invite": "Invitation withdrawn",
  "users.exit_impersonation": "Stopped acting as somebody else",
  "users.export": "Accounts exported",
  "users.impersonate": "Acted as somebody else",
  "users.invite": "Invited",
  "users.leave_workspace": "Left the workspace",
  "users.login": "Signed in",
  "users.login_failure": "Sign-in failed",
  "users.logout": "Signed out",
  "users.make_reset_link": "Link for a new password made",
  "users.offboard": "Items of a member handed over",
  "users.overwrite": "Accounts overwritten",
  "users.rename": "User name changed",
  "users.reset_password": "New password by link",
  "users.setpassword": "Password set",
  "users.update": "Member or account changed",
  "variables.decrypt_secret": "Secret read",
  "variables.rotate_key": "Secrets encrypted anew",
  "worker_config.delete": "Configuration of a worker group deleted",
  "worker_config.restart": "Workers asked to restart",
  "workspaces.create_protection_rule": "Protection rule created",
  "workspaces.delete_protection_rule": "Protection rule deleted",
  "workspaces.edit_auto_invite_domain": "Who joins by their address changed",
  "workspaces.edit_default_scripts": "How new scripts begin changed",
  "workspaces.edit_error_handler": "Error handler changed",
  "workspaces.edit_instance_groups": "Groups that are members changed",
  "workspaces.edit_success_handler": "Success handler changed",
  "workspaces.edit_webhook": "Webhook of the workspace changed",
  "workspaces.prune_versions": "Earlier versions removed",
  "workspaces.read_encryption_key": "Encryption key read",
  "workspaces.rebuild_dependency_map": "Map of imports read anew",
  "workspaces.set_encryption_key": "Encryption key changed",
  "workspaces.set_environment_variable": "Environment variable changed",
  "workspaces.update_protection_rule": "Protection rule changed",
};

/** What was done, by its own name. */
export function actionOf({ operation, parameters }: AuditEntry): string {
  return typeof parameters?.action === "string" ? parameters.action : operation;
}

/** `createVariable` or `edit_slack_command` as words. */
const spaced = (name: string) =>
  name
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .replace(/[._]/g, " ")
    .toLowerCase();

/** What an entry of the audit log tells, as a person says it; what is not known here in the words of its name. */
export function operationWords(operation: string): string {
  const whole = WHOLE[operation];
  if (whole) return whole;
  if (operation.startsWith("refused.")) return `Refused: ${spaced(operation.slice("refused.".length))}`;
  const at = operation.lastIndexOf(".");
  const noun = NOUNS[operation.slice(0, at)];
  const done = DONE[operation.slice(at + 1)];
  if (noun && done) return `${noun} ${done}`;
  const words = spaced(operation);
  return words.charAt(0).toUpperCase() + words.slice(1);
}
