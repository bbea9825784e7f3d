import { readFileSync } from "node:fs";
import { join } from "node:path";
import { seconds } from "../progress.ts";
import { conversation } from "./conversation.ts";
import { dataSection } from "./data.ts";
import type { Report } from "./facts.ts";
import { type Html, html, Html as Raw } from "./html.ts";
import { mark, runSection } from "./runs.ts";
import { table } from "./table.ts";

/** The whole report as one file that needs no other. */
export function renderPage(report: Report): string {
  const style = new Raw(readFileSync(join(import.meta.dirname, "page.css"), "utf8"));
  const { pulls, runs } = report;
  const sections: readonly (readonly [string, string, Html])[] = [
    ...(pulls.length > 0
      ? [["conversation", "Pull requests", html`${pulls.map(conversation)}`] as const]
      : []),
    ...(runs.length > 0 ? [["runs", "Runs", html`${runs.map(runSection)}`] as const] : []),
    ...(report.states.length > 0 ? [["states", "States", states(report)] as const] : []),
    ["data", "Data", dataSection(report)],
    ["facts", "What was made sure of", checks(report)],
    ["access", "Who called AWS", access(report)],
    ["rehearsed", "How it was rehearsed", rehearsed(report)],
  ];
  return `<!doctype html>\n${
    html`<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><title>${report.title} of ${report.repository}</title><style>${style}</style></head><body>
<header class="top"><h1>${report.title} of ${report.repository}</h1>
<p class="meta">${report.failure === undefined ? mark("success") : mark("failure")} ${report.checks.filter(({ holds }) => holds).length} facts hold · ${report.startedAt.slice(0, 16).replace("T", " ")} UTC · ${seconds(report.milliseconds)}</p>
${report.failure !== undefined && html`<pre class="fault">${report.failure}</pre>`}
<nav>${sections.map(([id, title]) => html`<a href="#${id}">${title}</a>`)}</nav></header>
<main>${sections.map(([id, title, body]) => html`<section id="${id}"><h2>${title}</h2>${body}</section>`)}</main></body></html>`
      .text
  }\n`;
}

function states({ states: found }: Report): Html {
  const rows = found.map(({ key, serial, resources, bytes, versionId }) => [
    html`<code>${key}</code>`,
    serial,
    resources,
    bytes,
    html`<code class="id">${versionId}</code>`,
  ]);
  return table(["Key", "Serial", "Resources", "Bytes", "Version of the object"], rows);
}

function checks({ checks: all }: Report): Html {
  return html`<ul class="checks">${all.map(({ fact, holds, detail }) => html`<li>${mark(holds ? "success" : "failure")} ${fact}${detail !== "" && html`<pre class="fault">${detail}</pre>`}</li>`)}</ul>`;
}

function access({ access: { calls, denials } }: Report): Html {
  const rows = Object.entries(calls).sort(([a], [b]) => a.localeCompare(b));
  return html`<p>Every call was held to the policies of the role that made it: conditions, boundaries and session policies included.</p>
    ${table(["Role", "Calls allowed"], rows)}
    ${
      denials.length > 0 &&
      html`<h3>Denied</h3>${table(
        ["Who", "What", "On"],
        denials.map(({ caller, action, resource }) => [caller, action, resource]),
      )}`
    }`;
}

function rehearsed({ adaptations, steps, versions }: Report): Html {
  return html`<h3>Steps</h3>${table(
    ["Step", "Time"],
    steps.map(({ title, milliseconds }) => [title, seconds(milliseconds)]),
  )}
    ${
      adaptations.length > 0 &&
      html`<h3>Changed in the copy</h3><p>The repository was rehearsed as it is, but for this:</p>
    ${table(["What", "Where", "Why"], adapted(adaptations))}`
    }
    <h3>Versions</h3>${table(["Program", "Version"], Object.entries(versions))}`;
}

/** One row for each kind of change, with all its places. */
function adapted(adaptations: Report["adaptations"]): Html[][] {
  return [...Map.groupBy(adaptations, ({ what }) => what)].map(([what, places]) => [
    prose(what),
    html`${[...Map.groupBy(places, ({ file }) => file)].map(([file, jobs]) => html`<div><code>${file.split("/").at(-1)}</code> ${jobs.flatMap(({ job }) => job ?? []).join(", ")}</div>`)}`,
    prose(places[0]?.why ?? ""),
  ]);
}

/** Text in which backticks mark code. */
function prose(text: string): Html {
  return html`${text.split("`").map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part))}`;
}
