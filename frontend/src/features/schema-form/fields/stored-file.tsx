import { Download } from "lucide-react";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { downloadUrl, type StoredFile, uploadFile } from "@/features/files/files";
import { Button } from "@/ui/button";
import { tellError } from "@/ui/toast";
import { Tooltip } from "@/ui/tooltip";
import { useForm } from "../context";
import { FileDrop, type FileFieldProps, NoFile, TakeOut } from "./file-drop";

const FilePicker = lazy(() =>
  import("@/features/files/file-picker").then((module) => ({ default: module.FilePicker })),
);

/** A file of the workspace: dropped or chosen from this machine, or one that is there already. */
export function StoredFileField({ value, onValue, ...field }: FileFieldProps) {
  const { workspace } = useForm();
  const [picking, setPicking] = useState(false);
  const [part, setPart] = useState<number | null>(null);
  const upload = useRef<AbortController | null>(null);
  useEffect(() => () => upload.current?.abort(), []);
  const stored = storedFile(value);
  const take = (file: File) => {
    const stopping = new AbortController();
    upload.current = stopping;
    setPart(0);
    uploadFile(workspace, file, setPart, stopping.signal)
      .then(onValue)
      .catch((error: unknown) => {
        if (!stopping.signal.aborted) tellError(error);
      })
      .finally(() => {
        if (upload.current === stopping) setPart(null);
      });
  };
  return (
    <FileDrop {...field} onFile={take}>
      {(choose) => (
        <>
          {part !== null ? (
            <>
              <progress
                className="h-1.5 min-w-24 flex-1 accent-(--accent)"
                value={part}
                aria-label="Uploading"
              />
              <span className="text-xs text-muted tabular-nums">{Math.floor(part * 100)} %</span>
              <Button size="sm" onClick={() => upload.current?.abort()}>
                Stop
              </Button>
            </>
          ) : stored ? (
            <>
              <span className="min-w-0 flex-1">
                <span className="block truncate text-sm">
                  {stored.filename || stored.s3.split("/").pop() || stored.s3}
                </span>
                <span className="block truncate font-mono text-2xs text-muted">{stored.s3}</span>
              </span>
              <Tooltip text="Download">
                <Button variant="ghost" size="icon-sm" aria-label="Download the file" asChild>
                  <a href={downloadUrl(workspace, stored.s3)} download>
                    <Download />
                  </a>
                </Button>
              </Tooltip>
              <TakeOut
                label="Take another file"
                disabled={field.disabled}
                onClick={() => onValue(undefined)}
              />
            </>
          ) : (
            <NoFile>
              <Button size="sm" disabled={field.disabled} onClick={() => setPicking(true)}>
                Stored files
              </Button>
              <Button size="sm" disabled={field.disabled} onClick={choose}>
                Upload
              </Button>
            </NoFile>
          )}
          {picking && (
            <Suspense>
              <FilePicker
                workspace={workspace}
                onClose={() => setPicking(false)}
                onPick={(key) => {
                  setPicking(false);
                  onValue({ s3: key });
                }}
              />
            </Suspense>
          )}
        </>
      )}
    </FileDrop>
  );
}

/** What the value says of a file: an object with a key, or an address `s3:///key`. */
export function storedFile(value: unknown): StoredFile | null {
  if (typeof value === "string" && value.startsWith("s3://")) {
    const [storage, ...key] = value.slice("s3://".length).split("/");
    return key.length > 0 ? { s3: key.join("/"), ...(storage ? { storage } : {}) } : null;
  }
  if (typeof value !== "object" || value === null || !("s3" in value)) return null;
  const { s3 } = value;
  return typeof s3 === "string" && s3 !== "" ? (value as StoredFile) : null;
}
