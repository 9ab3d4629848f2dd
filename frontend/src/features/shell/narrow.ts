import { useSyncExternalStore } from "react";

const KEY = "postmill.sidebar";
const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("storage", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", listener);
  };
}

const isNarrow = () => localStorage.getItem(KEY) === "narrow";

/** Whether the side bar shows its icons alone; kept by the browser, for every workspace. */
export function useNarrow(): [boolean, (narrow: boolean) => void] {
  const narrow = useSyncExternalStore(subscribe, isNarrow);
  return [
    narrow,
    (next) => {
      localStorage.setItem(KEY, next ? "narrow" : "wide");
      for (const tell of listeners) tell();
    },
  ];
}
