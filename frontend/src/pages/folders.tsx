import { useNavigate, useSearch } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import type { Folder, Group } from "@/api/types";
import { FolderDialog } from "@/features/people/folder-dialog";
import { FolderTable } from "@/features/people/folder-table";
import { GroupDialog } from "@/features/people/group-dialog";
import { GroupTable } from "@/features/people/group-table";
import { useCanDevelop, useWorkspace } from "@/features/session/session";
import { Button } from "@/ui/button";
import { Card, Page } from "@/ui/page";
import { Tab, TabPanel, Tabs, TabsList } from "@/ui/tabs";

export default function FoldersPage() {
  const workspace = useWorkspace();
  const { tab = "folders" } = useSearch({ strict: false }) as { tab?: string };
  const navigate = useNavigate();
  const develop = useCanDevelop();
  const [folder, setFolder] = useState<Folder | null | undefined>(undefined);
  const [group, setGroup] = useState<Group | null | undefined>(undefined);
  return (
    <Page
      title="Folders & groups"
      description="Who may read, run and change what."
      actions={
        develop &&
        (tab === "groups" ? (
          <Button variant="primary" onClick={() => setGroup(null)}>
            <Plus /> New group
          </Button>
        ) : (
          <Button variant="primary" onClick={() => setFolder(null)}>
            <Plus /> New folder
          </Button>
        ))
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
            <FolderTable onEdit={setFolder} />
          </TabPanel>
          <TabPanel value="groups">
            <GroupTable onEdit={setGroup} />
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
