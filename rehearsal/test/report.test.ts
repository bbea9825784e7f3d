import { describe, expect, it } from "vitest";
import { barChart, timeChart } from "../src/report/charts.ts";
import type { Report } from "../src/report/facts.ts";
import { renderMarkdown } from "../src/report/markdown.ts";
import { renderPage } from "../src/report/page.ts";

describe("a comment", () => {
  it("is shown with details, tables and coloured diffs", () => {
    const { text } = renderMarkdown(
      "<details><summary>s</summary>\n\n```diff\n+ a\n- b\n! c\n```\n\n</details>\n\n| a |\n|---|\n| 1 |\n",
    );
    expect(text).toContain("<details><summary>s</summary>");
    expect(text).toContain('<span class="diff-add">+ a\n</span>');
    expect(text).toContain('<span class="diff-del">- b\n</span>');
    expect(text).toContain("<td>1</td>");
  });

  it.each([
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "[a](javascript:alert(1))",
    "```diff\n+ <script>alert(1)</script>\n```",
    '<a href="javascript:alert(1)">x</a>',
    '<details ontoggle="alert(1)" open>x</details>',
  ])("loses what is active in it: %s", (markdown) => {
    const { text } = renderMarkdown(markdown);
    expect(text).not.toMatch(/<script|<img|javascript:|onerror=|ontoggle=/);
  });

  it("shows no marker", () => {
    expect(renderMarkdown("<!-- marker -->\nhello").text).toBe("\n<p>hello</p>\n".trimStart());
  });
});

describe("a chart", () => {
  it("draws the largest first, in proportion", () => {
    const { text } = barChart("t", { a: 1, b: 4 });
    expect(text.indexOf(">b<")).toBeLessThan(text.indexOf(">a<"));
    expect(text).toContain('width="25.00"');
    expect(text).toContain("20.0 %");
  });

  it("draws a column for each moment", () => {
    const { text } = timeChart("t", { "2015-01-01T00:01": 3, "2015-01-01T00:00": 5 });
    expect(text.match(/<title>/g)).toHaveLength(2);
  });
});

const report: Report = {
  version: 1,
  title: "Rehearsal",
  repository: "acme/<b>",
  startedAt: "2026-01-01T00:00:00.000Z",
  milliseconds: 1000,
  failure: "no <good>",
  steps: [],
  checks: [{ fact: "one", holds: false, detail: "<x>" }],
  pulls: [{ number: 1, title: "<t>", body: "b", author: "ada", branch: "x", head: "a", shown: [] }],
  runs: [],
  states: [],
  access: { calls: {}, denials: [] },
  adaptations: [],
  versions: {},
};

it("makes a page that needs no other file and escapes what it shows", () => {
  const page = renderPage(report);
  expect(page).not.toMatch(/<(script|link|img|iframe)\b|@import|url\(/);
  expect(page).toContain("acme/&lt;b&gt;");
  expect(page).toContain("no &lt;good&gt;");
  expect(page).not.toContain("<t>");
});
