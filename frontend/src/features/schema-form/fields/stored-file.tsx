import { Download, FileUp, X } from "lucide-react";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { downloadUrl, type StoredFile, uploadFile } from "@/features/files/files";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import { tellError } from "@/ui/toast";
import { Tooltip } from "@/ui/tooltip";
import { useForm } from "../context";

const FilePicker = lazy(() =>
  import("@/features/files/file-picker").then((module) => ({ default: module.FilePicker })),
);

type StoredFileProps = {
  id: string;
  value: unknown;
  onValue: (value: unknown) => void;
  disabled?: boolean;
  "aria-describedby"?: string;
  "aria-invalid"?: boolean;
};

/** A file of the workspace: dropped or chosen from this machine, or one that is there already. */
export function StoredFileField({ id, value, onValue, disabled, ...aria }: StoredFileProps) {
  const { workspace } = useForm();
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const [picking, setPicking] = useState(false);
  const [part, setPart] = useState<number | null>(null);
  const upload = useRef<AbortController | null>(null);
  useEffect(() => () => upload.current?.abort(), []);
  const stored = storedFile(value);
  const take = (file: File | undefined) => {
    if (!file) return;
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
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is an extra; the buttons inside do the same
    <div
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        if (!disabled) take(event.dataTransfer.files[0]);
      }}
      className={cn(
        "flex min-h-14 flex-wrap items-center gap-2 rounded-md border border-dashed border-line-strong bg-sunken/60 px-3 py-2",
        over && "border-accent bg-accent-soft",
        aria["aria-invalid"] && "border-danger-solid",
      )}
    >
      <input
        ref={input}
        id={id}
        type="file"
        className="sr-only"
        disabled={disabled}
        onChange={(event) => {
          take(event.target.files?.[0]);
          event.target.value = "";
        }}
        {...aria}
      />
      <FileUp className="mr-1 size-4 shrink-0 text-faint" aria-hidden />
      {part !== null ? (
        <>
          <progress className="h-1.5 min-w-24 flex-1 accent-(--accent)" value={part} aria-label="Uploading" />
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
          <Button
            variant="ghost"
            size="icon-sm"
            aria-label="Take another file"
            disabled={disabled}
            onClick={() => onValue(undefined)}
          >
            <X />
          </Button>
        </>
      ) : (
        <>
          <span className="min-w-0 flex-1 text-sm text-muted">Drop a file here</span>
          <Button size="sm" disabled={disabled} onClick={() => setPicking(true)}>
            Stored files
          </Button>
          <Button size="sm" disabled={disabled} onClick={() => input.current?.click()}>
            Upload
          </Button>
        </>
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
    </div>
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
