// @vitest-environment jsdom
import { render, screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { chartOption } from "./chart-option";
import { toCsv } from "./csv";
import { cleanMarkdown } from "./markdown";
import { ResultView } from "./result-view";

describe("results of others stay data", () => {
  it("cleans markdown of scripts, handlers, forms and pictures from elsewhere", () => {
    const html = cleanMarkdown(
      '# Hi\n<script>alert(1)</script><img src="https://evil.example/x.png" alt="pic" onerror="x()"><form></form>\n[a](javascript:alert(1)) [b](https://example.org)',
    );
    expect(html).not.toMatch(/script|onerror|evil|<form|javascript/);
    expect(html).toContain('rel="noreferrer noopener"');
  });

  it("lets markdown ask for nothing by itself", () => {
    const html = cleanMarkdown(
      '<table background="/api/w/main/jobs/run/p/u/admin/x"><tr><td background="//evil.example/x.png">cell</td></tr></table><img src="/api/w/main/jobs/run/p/u/admin/x" alt="pic">',
    );
    expect(html).toContain("cell");
    expect(html).not.toMatch(/background|evil|api/);
  });

  it("shows markup in a frame without scripts and origin", () => {
    render(<ResultView value={{ html: "<script>1</script>" }} />);
    expect(screen.getByTitle("Result as a page")).toHaveAttribute("sandbox", "");
  });

  it("takes links, markup and addresses out of chart options", () => {
    const option = chartOption(
      {
        title: { text: "T", link: "javascript:x" },
        tooltip: { renderMode: "html", formatter: "<img src=x onerror=y>" },
        series: [{ type: "scatter", symbol: "image://https://evil.example/a.png" }],
      },
      "echarts",
    );
    expect(JSON.stringify(option)).not.toMatch(/evil|javascript|"html"/);
    expect(option.tooltip).toMatchObject({ renderMode: "richText" });
  });

  it("writes CSV that a spreadsheet does not run", () => {
    expect(
      toCsv(
        ["a", "b"],
        [
          { a: "=1+1", b: -5 },
          { a: 'x,"y"', b: null },
        ],
      ),
    ).toBe('a,b\r\n\'=1+1,-5\r\n"x,""y""",\r\n');
  });
});

describe("chartOption", () => {
  it("reads our own description", () => {
    const option = chartOption({ type: "line", data: [{ m: "a", x: 1, y: 2 }], x: "m" }, "chart");
    expect(option.xAxis).toMatchObject({ type: "category", data: ["a"] });
    expect(option.series).toMatchObject([
      { name: "x", type: "line", data: [1] },
      { name: "y", type: "line", data: [2] },
    ]);
  });

  it("reads simple Vega-Lite with a colour as one series each", () => {
    const option = chartOption(
      {
        mark: "line",
        data: {
          values: [
            { t: 1, v: 2, c: "a" },
            { t: 1, v: 3, c: "b" },
          ],
        },
        encoding: { x: { field: "t" }, y: { field: "v" }, color: { field: "c" } },
      },
      "vega",
    );
    expect(option.series).toMatchObject([
      { name: "a", data: [2] },
      { name: "b", data: [3] },
    ]);
  });
});
