import { describe, expect, it } from "vitest";
import { serve } from "@/testing/server";
import { ApiProblem, apiUrl, call, pathOf } from "./client";

describe("pathOf", () => {
  it("escapes what is inside segments and keeps the slashes", () => {
    expect(pathOf("u/ada/a b?#é")).toBe("u/ada/a%20b%3F%23%C3%A9");
  });
});

describe("apiUrl", () => {
  it("leaves out what is not given, and keeps false and 0", () => {
    expect(apiUrl("/x", { a: undefined, b: null, c: "", d: false, e: 0 })).toBe("/api/x?d=false&e=0");
  });
});

describe("call", () => {
  it("reads JSON, text and nothing by content type and status", async () => {
    serve({
      "GET /json": () => ({ json: [1] }),
      "GET /text": () => ({ text: "019a-id" }),
    });
    expect(await call("GET", "/json")).toEqual([1]);
    expect(await call("GET", "/text")).toBe("019a-id");
  });

  it("turns a problem document into an error with its title and sentence", async () => {
    serve({
      "POST /bad": () => ({ status: 400, problem: { title: "Invalid input", detail: "path: no dots." } }),
    });
    const error = await call("POST", "/bad", { body: {} }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ApiProblem);
    expect(error).toMatchObject({ status: 400, title: "Invalid input", message: "path: no dots." });
  });

  it("does not repeat the title in the sentence", async () => {
    serve({
      "GET /x": () => ({
        status: 404,
        problem: { title: "Not found", detail: "Not found: workspace x is gone" },
      }),
    });
    await expect(call("GET", "/x")).rejects.toMatchObject({
      title: "Not found",
      message: "Workspace x is gone",
    });
  });

  it("keeps the sentence of a plain text error", async () => {
    serve({ "GET /gone": () => ({ status: 404, text: "There is no script at u/a/b" }) });
    await expect(call("GET", "/gone")).rejects.toMatchObject({
      status: 404,
      message: "There is no script at u/a/b",
    });
  });
});
