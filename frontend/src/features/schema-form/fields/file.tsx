import { FileUp, X } from "lucide-react";
import { useRef, useState } from "react";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";
import { bytes } from "@/ui/time";
import { tellError } from "@/ui/toast";

function readBase64(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^data:[^,]*,/, ""));
    reader.onerror = () => reject(new Error(`${file.name} could not be read.`));
    reader.readAsDataURL(file);
  });
}

type FileFieldProps = {
  id: string;
  value: unknown;
  onValue: (value: unknown) => void;
  disabled?: boolean;
  "aria-describedby"?: string;
  "aria-invalid"?: boolean;
};

/** Uploads a file as base64 text, by choosing or dropping it. */
export function FileField({ id, value, onValue, disabled, ...aria }: FileFieldProps) {
  const input = useRef<HTMLInputElement>(null);
  const [name, setName] = useState("");
  const [over, setOver] = useState(false);
  const content = typeof value === "string" && value !== "" ? value : null;
  const take = (file: File | undefined) => {
    if (!file) return;
    readBase64(file).then((text) => {
      setName(file.name);
      onValue(text);
    }, tellError);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is an extra; the button inside does the same
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
        "flex min-h-14 items-center gap-3 rounded-md border border-dashed border-line-strong bg-sunken/60 px-3 py-2",
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
        onChange={(event) => take(event.target.files?.[0])}
        {...aria}
      />
      <FileUp className="size-4 shrink-0 text-faint" aria-hidden />
      {content ? (
        <>
          <span className="min-w-0 flex-1 truncate text-sm">
            {name || "File"}{" "}
            <span className="text-xs text-muted">{bytes(Math.floor((content.length * 3) / 4))}</span>
          </span>
          <Button
            variant="ghost"
            size="icon-sm"
            aria-label="Remove the file"
            disabled={disabled}
            onClick={() => onValue(undefined)}
          >
            <X />
          </Button>
        </>
      ) : (
        <>
          <span className="min-w-0 flex-1 text-sm text-muted">Drop a file here</span>
          <Button size="sm" disabled={disabled} onClick={() => input.current?.click()}>
            Choose file
          </Button>
        </>
      )}
    </div>
  );
}
