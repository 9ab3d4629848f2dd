import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Folder as FolderIcon, Pencil, Plus, Trash2, Users, X } from "lucide-react";
import { useState } from "react";
import type { Folder, Group } from "@/api/types";
import { createFolder, deleteFolder, foldersQuery, updateFolder } from "@/features/people/folders";
import {
  addToGroup,
  createGroup,
  deleteGroup,
  groupQuery,
  groupsQuery,
  removeFromGroup,
  updateGroup,
} from "@/features/people/groups";
import { membersQuery } from "@/features/people/members";
import { OwnerPicker } from "@/features/people/owner-picker";
import { useMember, useWorkspace } from "@/features/session/session";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Combobox } from "@/ui/combobox";
import { useConfirm } from "@/ui/confirm";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { Card, Page } from "@/ui/page";
import { Select } from "@/ui/select";
import { EmptyState, ErrorState, SkeletonRows } from "@/ui/states";
import { Table, Td, Th, Tr } from "@/ui/table";
import { Tab, TabPanel, Tabs, TabsList } from "@/ui/tabs";
import { tellDone, tellError } from "@/ui/toast";

type Right = "read" | "write" | "owner";

/** Who may do what in a folder, in one list: owners and the permissions beside them. */
function rightsOf(folder: Folder | null): Record<string, Right> {
  const rights: Record<string, Right> = {};
  for (const [who, write] of Object.entries(folder?.extra_perms ?? {}))
    rights[who] = write ? "write" : "read";
  for (const owner of folder?.owners ?? []) rights[owner] = "owner";
  return rights;
}

function permissionsOf(rights: Record<string, Right>): {
  owners: string[];
  extra_perms: Record<string, boolean>;
} {
  return {
    owners: Object.keys(rights).filter((who) => rights[who] === "owner"),
    extra_perms: Object.fromEntries(Object.entries(rights).map(([who, right]) => [who, right !== "read"])),
  };
}

function FolderDialog({ folder, onClose }: { folder: Folder | null; onClose: () => void }) {
  const workspace = useWorkspace();
  const member = useMember();
  const client = useQueryClient();
  const [name, setName] = useState(folder?.name ?? "");
  const [summary, setSummary] = useState(folder?.summary ?? "");
  const [rights, setRights] = useState<Record<string, Right>>(() =>
    folder ? rightsOf(folder) : { [`u/${member?.username ?? ""}`]: "owner" },
  );
  const save = useMutation({
    mutationFn: () => {
      const body = { summary, ...permissionsOf(rights) };
      return folder ? updateFolder(workspace, folder.name, body) : createFolder(workspace, { name, ...body });
    },
    onSuccess: () => {
      tellDone(folder ? "Folder saved" : "Folder created", `f/${name}`);
      void client.invalidateQueries({ queryKey: ["w", workspace, "folders"] });
      void client.invalidateQueries({ queryKey: ["w", workspace, "me"] });
      onClose();
    },
    onError: tellError,
  });
  const good = /^[\w-]+$/.test(name);
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      shape="drawer"
      title={folder ? `Folder ${folder.name}` : "New folder"}
      description="Items under a folder share its permissions."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="primary" busy={save.isPending} disabled={!good} onClick={() => save.mutate()}>
            {folder ? "Save" : "Create"}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-5">
        {!folder && (
          <Field label="Name" required error={name && !good ? "Letters, digits, “_” and “-”." : null}>
            <Input
              value={name}
              onChange={(event) => setName(event.target.value)}
              className="font-mono text-xs"
              autoFocus
              placeholder="finance"
            />
          </Field>
        )}
        <Field label="Summary" optional>
          <Input value={summary} onChange={(event) => setSummary(event.target.value)} />
        </Field>
        <section>
          <h3 className="mb-2 text-sm font-semibold">Permissions</h3>
          <ul className="mb-3 divide-y divide-line rounded-md border border-line">
            {Object.entries(rights).map(([who, right]) => (
              <li key={who} className="flex items-center gap-2 px-3 py-1.5">
                <span className="min-w-0 flex-1 truncate font-mono text-xs">{who}</span>
                <Select
                  aria-label={`Rights of ${who}`}
                  value={right}
                  onValue={(next) => setRights({ ...rights, [who]: next as Right })}
                  options={[
                    { value: "read", label: "Can read and run" },
                    { value: "write", label: "Can write" },
                    { value: "owner", label: "Owner" },
                  ]}
                  className="w-40"
                />
                <Button
                  variant="ghost"
                  size="icon-sm"
                  aria-label={`Remove ${who}`}
                  onClick={() =>
                    setRights(Object.fromEntries(Object.entries(rights).filter(([key]) => key !== who)))
                  }
                >
                  <X />
                </Button>
              </li>
            ))}
            {Object.keys(rights).length === 0 && (
              <li className="px-3 py-3 text-sm text-muted">Only administrators have access.</li>
            )}
          </ul>
          <OwnerPicker
            onPick={(who) => setRights({ ...rights, [who]: "read" })}
            exclude={Object.keys(rights)}
          />
        </section>
      </div>
    </Dialog>
  );
}

function Folders({ onEdit }: { onEdit: (folder: Folder | null) => void }) {
  const workspace = useWorkspace();
  const client = useQueryClient();
  const confirm = useConfirm();
  const list = useQuery(foldersQuery(workspace));
  const drop = useMutation({
    mutationFn: (name: string) => deleteFolder(workspace, name),
    onSuccess: (_, name) => {
      tellDone("Folder deleted", `f/${name}`);
      void client.invalidateQueries({ queryKey: ["w", workspace, "folders"] });
    },
    onError: tellError,
  });
  if (list.isPending) return <SkeletonRows />;
  if (list.isError) return <ErrorState error={list.error} retry={() => void list.refetch()} />;
  if (list.data.length === 0) {
    return (
      <EmptyState
        icon={FolderIcon}
        title="No folders yet"
        action={
          <Button variant="primary" onClick={() => onEdit(null)}>
            <Plus /> New folder
          </Button>
        }
      >
        Put scripts, variables and resources of a team into a folder and say once who may read, run and change
        them.
      </EmptyState>
    );
  }
  return (
    <Table>
      <thead>
        <tr>
          <Th>Folder</Th>
          <Th className="hidden sm:table-cell">Owners</Th>
          <Th className="hidden md:table-cell">Others</Th>
          <Th className="w-20" aria-label="Actions" />
        </tr>
      </thead>
      <tbody>
        {list.data.map((folder) => {
          const others = Object.keys(folder.extra_perms).filter((who) => !folder.owners.includes(who));
          return (
            <Tr key={folder.name}>
              <Td>
                <button
                  type="button"
                  onClick={() => onEdit(folder)}
                  className="flex items-center gap-2.5 rounded text-left hover:text-accent-text"
                >
                  <FolderIcon className="size-4 shrink-0 text-faint" aria-hidden />
                  <span>
                    <span className="block font-medium">{folder.name}</span>
                    {folder.summary && <span className="block text-xs text-muted">{folder.summary}</span>}
                  </span>
                </button>
              </Td>
              <Td className="hidden sm:table-cell">
                <span className="flex flex-wrap gap-1">
                  {folder.owners.map((owner) => (
                    <Badge key={owner}>{owner}</Badge>
                  ))}
                </span>
              </Td>
              <Td className="hidden md:table-cell">
                <span className="flex flex-wrap gap-1">
                  {others.map((who) => (
                    <Badge key={who} tone="outline">
                      {who} · {folder.extra_perms[who] ? "write" : "read"}
                    </Badge>
                  ))}
                </span>
              </Td>
              <Td>
                <span className="flex justify-end gap-0.5">
                  <Button
                    variant="ghost"
                    size="icon-sm"
                    aria-label={`Edit ${folder.name}`}
                    onClick={() => onEdit(folder)}
                  >
                    <Pencil />
                  </Button>
                  <Button
                    variant="ghost"
                    size="icon-sm"
                    aria-label={`Delete ${folder.name}`}
                    onClick={async () => {
                      const yes = await confirm({
                        title: `Delete the folder ${folder.name}?`,
                        body: "Items under it stay, reachable for administrators only.",
                        action: "Delete",
                      });
                      if (yes) drop.mutate(folder.name);
                    }}
                  >
                    <Trash2 />
                  </Button>
                </span>
              </Td>
            </Tr>
          );
        })}
      </tbody>
    </Table>
  );
}

function GroupDialog({ group, onClose }: { group: Group | null; onClose: () => void }) {
  const workspace = useWorkspace();
  const client = useQueryClient();
  const [name, setName] = useState(group?.name ?? "");
  const [summary, setSummary] = useState(group?.summary ?? "");
  const detail = useQuery({ ...groupQuery(workspace, group?.name ?? ""), enabled: group !== null });
  const people = useQuery(membersQuery(workspace));
  const refresh = () => void client.invalidateQueries({ queryKey: ["w", workspace, "groups"] });
  const add = useMutation({
    mutationFn: (username: string) => addToGroup(workspace, name, username),
    onSuccess: refresh,
    onError: tellError,
  });
  const drop = useMutation({
    mutationFn: (username: string) => removeFromGroup(workspace, name, username),
    onSuccess: refresh,
    onError: tellError,
  });
  const save = useMutation({
    mutationFn: () =>
      group ? updateGroup(workspace, group.name, summary) : createGroup(workspace, { name, summary }),
    onSuccess: () => {
      tellDone(group ? "Group saved" : "Group created", `g/${name}`);
      refresh();
      onClose();
    },
    onError: tellError,
  });
  const members = detail.data?.members ?? [];
  const everyone = name === "all";
  const good = /^[\w-]+$/.test(name);
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      shape="drawer"
      title={group ? `Group ${group.name}` : "New group"}
      description="Rights given to a group hold for all its members."
      footer={
        <>
          <Button onClick={onClose}>Close</Button>
          <Button variant="primary" busy={save.isPending} disabled={!good} onClick={() => save.mutate()}>
            {group ? "Save" : "Create"}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-5">
        {!group && (
          <Field label="Name" required error={name && !good ? "Letters, digits, “_” and “-”." : null}>
            <Input
              value={name}
              onChange={(event) => setName(event.target.value)}
              className="font-mono text-xs"
              autoFocus
              placeholder="finance"
            />
          </Field>
        )}
        <Field label="Summary" optional>
          <Input value={summary} onChange={(event) => setSummary(event.target.value)} />
        </Field>
        {group && (
          <section>
            <h3 className="mb-2 text-sm font-semibold">Members</h3>
            {everyone && (
              <p className="mb-2 text-sm text-muted">Everyone in the workspace is in this group.</p>
            )}
            <ul className="mb-3 divide-y divide-line rounded-md border border-line">
              {members.map((username) => (
                <li key={username} className="flex items-center gap-2 px-3 py-1.5">
                  <span className="min-w-0 flex-1 truncate text-sm">{username}</span>
                  {!everyone && (
                    <Button
                      variant="ghost"
                      size="icon-sm"
                      aria-label={`Remove ${username}`}
                      onClick={() => drop.mutate(username)}
                    >
                      <X />
                    </Button>
                  )}
                </li>
              ))}
              {members.length === 0 && <li className="px-3 py-3 text-sm text-muted">Nobody yet.</li>}
            </ul>
            {!everyone && (
              <Combobox
                aria-label="Add a member"
                value=""
                onValue={(username) => username && add.mutate(username)}
                options={(people.data ?? [])
                  .filter((person) => !members.includes(person.username))
                  .map((person) => ({ value: person.username, hint: person.email }))}
                placeholder="Add a member…"
              />
            )}
          </section>
        )}
      </div>
    </Dialog>
  );
}

function Groups({ onEdit }: { onEdit: (group: Group | null) => void }) {
  const workspace = useWorkspace();
  const client = useQueryClient();
  const confirm = useConfirm();
  const list = useQuery(groupsQuery(workspace));
  const drop = useMutation({
    mutationFn: (name: string) => deleteGroup(workspace, name),
    onSuccess: (_, name) => {
      tellDone("Group deleted", `g/${name}`);
      void client.invalidateQueries({ queryKey: ["w", workspace, "groups"] });
    },
    onError: tellError,
  });
  if (list.isPending) return <SkeletonRows rows={3} />;
  if (list.isError) return <ErrorState error={list.error} retry={() => void list.refetch()} />;
  if (list.data.length === 0)
    return (
      <EmptyState icon={Users} title="No groups yet">
        Give rights to many people at once.
      </EmptyState>
    );
  return (
    <Table>
      <thead>
        <tr>
          <Th>Group</Th>
          <Th>Members</Th>
          <Th className="w-20" aria-label="Actions" />
        </tr>
      </thead>
      <tbody>
        {list.data.map((group) => (
          <Tr key={group.name}>
            <Td>
              <button
                type="button"
                onClick={() => onEdit(group)}
                className="flex items-center gap-2.5 rounded text-left hover:text-accent-text"
              >
                <Users className="size-4 shrink-0 text-faint" aria-hidden />
                <span>
                  <span className="block font-medium">{group.name}</span>
                  {group.summary && <span className="block text-xs text-muted">{group.summary}</span>}
                </span>
              </button>
            </Td>
            <Td className="text-muted">
              {group.name === "all" ? "everyone" : (group.members?.join(", ") ?? "—")}
            </Td>
            <Td>
              <span className="flex justify-end gap-0.5">
                <Button
                  variant="ghost"
                  size="icon-sm"
                  aria-label={`Edit ${group.name}`}
                  onClick={() => onEdit(group)}
                >
                  <Pencil />
                </Button>
                {group.name !== "all" && (
                  <Button
                    variant="ghost"
                    size="icon-sm"
                    aria-label={`Delete ${group.name}`}
                    onClick={async () => {
                      const yes = await confirm({
                        title: `Delete the group ${group.name}?`,
                        body: "Its members lose what they could do through it.",
                        action: "Delete",
                      });
                      if (yes) drop.mutate(group.name);
                    }}
                  >
                    <Trash2 />
                  </Button>
                )}
              </span>
            </Td>
          </Tr>
        ))}
      </tbody>
    </Table>
  );
}

export default function FoldersPage() {
  const workspace = useWorkspace();
  const { tab = "folders" } = useSearch({ strict: false }) as { tab?: string };
  const navigate = useNavigate();
  const [folder, setFolder] = useState<Folder | null | undefined>(undefined);
  const [group, setGroup] = useState<Group | null | undefined>(undefined);
  return (
    <Page
      title="Folders & groups"
      description="Who may read, run and change what."
      actions={
        tab === "groups" ? (
          <Button variant="primary" onClick={() => setGroup(null)}>
            <Plus /> New group
          </Button>
        ) : (
          <Button variant="primary" onClick={() => setFolder(null)}>
            <Plus /> New folder
          </Button>
        )
      }
    >
      <Tabs
        value={tab}
        onValueChange={(next) =>
          void navigate({
            to: "/w/$workspace/folders",
            params: { workspace },
            search: { tab: next },
            replace: true,
          })
        }
      >
        <TabsList className="mb-4">
          <Tab value="folders">Folders</Tab>
          <Tab value="groups">Groups</Tab>
        </TabsList>
        <Card className="overflow-hidden">
          <TabPanel value="folders">
            <Folders onEdit={setFolder} />
          </TabPanel>
          <TabPanel value="groups">
            <Groups onEdit={setGroup} />
          </TabPanel>
        </Card>
      </Tabs>
      {folder !== undefined && (
        <FolderDialog key={folder?.name ?? "new"} folder={folder} onClose={() => setFolder(undefined)} />
      )}
      {group !== undefined && (
        <GroupDialog key={group?.name ?? "new"} group={group} onClose={() => setGroup(undefined)} />
      )}
    </Page>
  );
}
