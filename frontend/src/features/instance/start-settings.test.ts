import { expect, test } from "vitest";
import { groupSettings } from "./start-settings";

test("settings are grouped, named and given with their units", () => {
  const groups = groupSettings({
    port: 8000,
    base_url: null,
    workers: 0,
    job_memory_bytes: 2e9,
    job_timeout_seconds: 900,
    retention_days: 0,
    worker_tags: ["gpu", "big"],
    made_up: "x",
  });
  const shown = Object.fromEntries(
    groups.flatMap(([, list]) => list.map(({ name, value }) => [name, value])),
  );
  expect(groups.map(([title]) => title)).toEqual(["Server", "Workers", "Runs", "Other"]);
  expect(shown).toEqual({
    "Base address": "—",
    Port: "8000",
    Workers: "8 per processor",
    "Worker tags": "gpu, big",
    "Job timeout": "900 seconds",
    "Job memory": "2.0 GB",
    Retention: "for ever",
    "Made up": "x",
  });
  expect(groups[0]?.[1][0]?.variable).toBe("POSTMILL_BASE_URL");
});
