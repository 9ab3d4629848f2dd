import { describe, expect, it, vi } from "vitest";

vi.mock("../monaco", () => ({ monaco: {} }));

const { suggestionsFor, tablesIn } = await import("./sql");

const COLUMNS = [
  { table_schema: "public", table_name: "orders", column_name: "id", data_type: "int8" },
  { table_schema: "public", table_name: "orders", column_name: "total", data_type: "numeric" },
  { table_schema: "crm", table_name: "people", column_name: "name", data_type: "text" },
];
const labels = (query: string, before = query) =>
  suggestionsFor(query, before, COLUMNS).map((one) => one.label);

describe("completion of queries", () => {
  it("finds the tables of a query and their aliases", () => {
    expect([...tablesIn('select * from public.orders o join "crm"."people" as p on true where x')]).toEqual([
      ["orders", "orders"],
      ["o", "orders"],
      ["people", "people"],
      ["p", "people"],
    ]);
    expect([...tablesIn("select 1 from orders where x")]).toEqual([["orders", "orders"]]);
  });

  it("offers the columns behind a table, its alias, and the tables behind a schema", () => {
    expect(labels("select o. from orders o", "select o.")).toEqual(["id", "total"]);
    expect(labels("select orders.to", "select orders.to")).toEqual(["id", "total"]);
    expect(labels("select * from crm.", "select * from crm.")).toEqual(["people"]);
  });

  it("offers columns of named tables before tables and schemas", () => {
    expect(labels("select  from orders", "select ")).toEqual([
      "id",
      "total",
      "orders",
      "people",
      "public",
      "crm",
    ]);
    expect(labels("select ", "select ")).toEqual(["orders", "people", "public", "crm"]);
  });
});
