// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { describe, expect, it, vi } from "vitest";
import type { Args, Schema } from "@/api/types";
import { serve } from "@/testing/server";
import { SchemaForm } from "./schema-form";
import { initialArgs, validate } from "./values";

function Harness({
  schema,
  onArgs,
  showErrors,
}: {
  schema: Schema;
  onArgs: (args: Args) => void;
  showErrors?: boolean;
}) {
  const [args, setArgs] = useState<Args>(() => initialArgs(schema));
  return (
    <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
      <SchemaForm
        schema={schema}
        args={args}
        onArgs={(next) => {
          setArgs(next);
          onArgs(next);
        }}
        workspace="main"
        errors={showErrors ? validate(schema, args) : undefined}
      />
    </QueryClientProvider>
  );
}

function show(schema: Schema, showErrors = false) {
  const onArgs = vi.fn<(args: Args) => void>();
  render(<Harness schema={schema} onArgs={onArgs} showErrors={showErrors} />);
  return () => onArgs.mock.lastCall?.[0];
}

describe("SchemaForm", () => {
  it("labels each control with its argument and reports typed values with their types", async () => {
    const last = show({
      required: ["name"],
      properties: {
        name: { type: "string", description: "Who is greeted" },
        times: { type: "integer", default: 3 },
        loud: { type: "boolean" },
      },
    });
    await userEvent.type(screen.getByLabelText(/^name/), "Ada");
    await userEvent.clear(screen.getByLabelText("times"));
    await userEvent.type(screen.getByLabelText("times"), "12");
    await userEvent.click(screen.getByLabelText("loud"));
    expect(last()).toEqual({ name: "Ada", times: 12, loud: true });
    expect(screen.getByLabelText(/^name/)).toHaveAccessibleDescription("Who is greeted");
  });

  it("leaves an emptied text out, unless its default would then take its place", async () => {
    const last = show({
      properties: { a: { type: "string", default: null }, b: { type: "string", default: "x" } },
    });
    await userEvent.type(screen.getByLabelText("a"), "1");
    await userEvent.clear(screen.getByLabelText("a"));
    await userEvent.clear(screen.getByLabelText("b"));
    expect(last()).toEqual({ a: undefined, b: "" });
  });

  it("adds and removes items of a list", async () => {
    const last = show({
      properties: { names: { type: "array", items: { type: "string" }, default: ["a"] } },
    });
    await userEvent.click(screen.getByRole("button", { name: /add item/i }));
    const boxes = screen.getAllByRole("textbox");
    await userEvent.type(boxes[1] as HTMLElement, "b");
    expect(last()).toEqual({ names: ["a", "b"] });
    await userEvent.click(screen.getByRole("button", { name: "Remove item 1" }));
    expect(last()).toEqual({ names: ["b"] });
  });

  it("asks for the members of the chosen variant", async () => {
    const last = show({
      properties: {
        shape: {
          type: "object",
          oneOf: [
            {
              type: "object",
              title: "circle",
              properties: { label: { type: "string" }, radius: { type: "number" } },
            },
            {
              type: "object",
              title: "box",
              properties: { label: { type: "string" }, width: { type: "number" } },
            },
          ],
        },
      },
    });
    await userEvent.click(screen.getByRole("radio", { name: "box" }));
    await userEvent.type(screen.getByLabelText("width"), "4");
    expect(last()).toEqual({ shape: { label: "box", width: 4 } });
    expect(screen.queryByLabelText("radius")).toBeNull();
  });

  it("takes JSON where the type is unknown, and text where it is not JSON", async () => {
    const last = show({ properties: { any: { type: "" } } });
    const box = screen.getByLabelText("any");
    await userEvent.type(box, "[[1, 2]");
    expect(last()).toEqual({ any: [1, 2] });
    await userEvent.clear(box);
    await userEvent.type(box, "hello");
    expect(last()).toEqual({ any: "hello" });
  });

  it("marks what is wrong at its field", () => {
    show({ required: ["name"], properties: { name: { type: "string" } } }, true);
    expect(screen.getByRole("alert")).toHaveTextContent("This is required.");
    expect(screen.getByLabelText(/^name/)).toHaveAttribute("aria-invalid", "true");
  });

  it("offers the resources of the argument's type and answers with a reference", async () => {
    const asked = serve({
      "GET /w/main/resources/list": () => ({ json: [{ path: "f/db/ledger", resource_type: "postgresql" }] }),
    });
    const last = show({ properties: { db: { type: "object", format: "resource-postgresql" } } });
    await userEvent.click(screen.getByRole("combobox", { name: "db" }));
    await userEvent.click(await screen.findByText("f/db/ledger"));
    expect(last()).toEqual({ db: "$res:f/db/ledger" });
    expect(asked[0]?.query.get("resource_type")).toBe("postgresql");
  });
});
