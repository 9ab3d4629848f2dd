import { useEffect, useRef, useState } from "react";
import { SearchInput } from "@/ui/input";

const PAUSE_MS = 300;

/** Words that runs are found by; they hold after a pause in typing. */
export function RunSearch({
  value,
  onValue,
}: {
  value: string;
  onValue: (text: string | undefined) => void;
}) {
  const [text, setText] = useState(value);
  const latest = useRef(onValue);
  latest.current = onValue;
  // What the address says holds, as when the filters are cleared.
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text.trim() === value) return;
    const timer = setTimeout(() => latest.current(text.trim() || undefined), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, value]);
  return (
    <SearchInput
      label="Search runs"
      title="By path, person, tag, label, worker or id"
      value={text}
      onValue={setText}
      className="w-full sm:w-48"
    />
  );
}
