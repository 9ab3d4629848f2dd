import { useState } from "react";
import { Button } from "@/ui/button";
import { bytes } from "@/ui/time";
import { tellError } from "@/ui/toast";
import { FileDrop, type FileFieldProps, NoFile, TakeOut } from "./file-drop";

function readBase64(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result).replace(/^data:[^,]*,/, ""));
    reader.onerror = () => reject(new Error(`${file.name} could not be read.`));
    reader.readAsDataURL(file);
  });
}

/** Uploads a file as base64 text, by choosing or dropping it. */
export function FileField({ value, onValue, ...field }: FileFieldProps) {
  const [name, setName] = useState("");
  const content = typeof value === "string" && value !== "" ? value : null;
  const take = (file: File) => {
    readBase64(file).then((text) => {
      setName(file.name);
      onValue(text);
    }, tellError);
  };
  return (
    <FileDrop {...field} onFile={take}>
      {(choose) =>
        content ? (
          <>
            <span className="min-w-0 flex-1 truncate text-sm">
              {name || "File"}{" "}
              <span className="text-xs text-muted">{bytes(Math.floor((content.length * 3) / 4))}</span>
            </span>
            <TakeOut label="Remove the file" disabled={field.disabled} onClick={() => onValue(undefined)} />
          </>
        ) : (
          <NoFile>
            <Button size="sm" disabled={field.disabled} onClick={choose}>
              Choose file
            </Button>
          </NoFile>
        )
      }
    </FileDrop>
  );
}
