import { FileDown } from "lucide-react";
import { type DragEvent, type ReactNode, useRef, useState } from "react";

const hasFiles = (event: DragEvent) => event.dataTransfer.types.includes("Files");

/** Takes a file that is dragged onto what it holds. */
export function FileDrop({
  onFile,
  children,
  className,
}: {
  onFile: (text: string, name: string) => void;
  children: ReactNode;
  className?: string;
}) {
  const [over, setOver] = useState(false);
  // The boxes inside report entering and leaving of their own.
  const depth = useRef(0);
  const enter = (by: 1 | -1) => (event: DragEvent) => {
    if (!hasFiles(event)) return;
    depth.current = Math.max(0, depth.current + by);
    setOver(depth.current > 0);
  };
  return (
    <div
      className={className}
      onDragEnterCapture={enter(1)}
      onDragLeaveCapture={enter(-1)}
      onDragOverCapture={(event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        event.stopPropagation();
      }}
      onDropCapture={(event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        event.stopPropagation();
        depth.current = 0;
        setOver(false);
        const file = event.dataTransfer.files[0];
        if (file) void file.text().then((text) => onFile(text, file.name));
      }}
    >
      {children}
      {over && (
        <div className="pointer-events-none absolute inset-3 z-50 flex items-center justify-center rounded-xl border-2 border-dashed border-accent bg-surface/85">
          <p className="flex items-center gap-2.5 text-base font-medium">
            <FileDown className="size-5 text-accent-text" aria-hidden /> Drop an OpenFlow file to open it here
          </p>
        </div>
      )}
    </div>
  );
}
