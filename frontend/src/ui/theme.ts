import { useSyncExternalStore } from "react";

export type ThemeChoice = "system" | "light" | "dark";
const KEY = "postmill.theme";
const media = window.matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

export function themeChoice(): ThemeChoice {
  const stored = localStorage.getItem(KEY);
  return stored === "light" || stored === "dark" ? stored : "system";
}

function isDark(): boolean {
  const choice = themeChoice();
  return choice === "dark" || (choice === "system" && media.matches);
}

function apply(): void {
  document.documentElement.classList.toggle("dark", isDark());
  for (const tell of listeners) tell();
}

media.addEventListener("change", apply);
// What is chosen in one tab holds in all of them.
window.addEventListener("storage", (event) => {
  if (event.key === KEY || event.key === null) apply();
});

export function setTheme(choice: ThemeChoice): void {
  if (choice === "system") localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, choice);
  apply();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useDark(): boolean {
  return useSyncExternalStore(subscribe, isDark);
}

export function useThemeChoice(): ThemeChoice {
  return useSyncExternalStore(subscribe, themeChoice);
}
