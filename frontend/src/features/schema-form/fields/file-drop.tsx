import { FileUp, X } from "lucide-react";
import { type ReactNode, useRef, useState } from "react";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";

/** What a field of a form that takes a file is given. */
export type FileFieldProps = {
  id: string;
  value: unknown;
  onValue: (value: unknown) => void;
  disabled?: boolean;
  "aria-describedby"?: string;
  "aria-invalid"?: boolean;
};

type FileDropProps = Omit<FileFieldProps, "value" | "onValue"> & {
  onFile: (file: File) => void;
  /** What stands in it; `choose` opens the dialog of the browser. */
  children: (choose: () => void) => ReactNode;
};

/** A place for one file, which is dropped there or chosen. */
export function FileDrop({ id, disabled, onFile, children, ...aria }: FileDropProps) {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const take = (files: FileList | null) => {
    const file = files?.[0];
    if (file && !disabled) onFile(file);
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
        take(event.dataTransfer.files);
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
          take(event.target.files);
          // The same file can be chosen once more.
          event.target.value = "";
        }}
        {...aria}
      />
      <FileUp className="mr-1 size-4 shrink-0 text-faint" aria-hidden />
      {children(() => input.current?.click())}
    </div>
  );
}

/** What stands there while there is no file: the ways to choose one come as children. */
export function NoFile({ children }: { children: ReactNode }) {
  return (
    <>
      <span className="min-w-0 flex-1 text-sm text-muted">Drop a file here</span>
      {children}
    </>
  );
}

/** Takes the file out of the form. */
export function TakeOut({
  label,
  disabled,
  onClick,
}: {
  label: string;
  disabled?: boolean;
  onClick: () => void;
}) {
  return (
    <Button variant="ghost" size="icon-sm" aria-label={label} disabled={disabled} onClick={onClick}>
      <X />
    </Button>
  );
}
