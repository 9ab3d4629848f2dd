import { useEffect, useState } from "react";
import { duration } from "@/ui/time";

/** Time since a moment, counting. */
export function Elapsed({ since }: { since: string | null | undefined }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 200);
    return () => clearInterval(timer);
  }, []);
  if (!since) return null;
  return <>{duration(Math.max(0, now - new Date(since).getTime()))}</>;
}
