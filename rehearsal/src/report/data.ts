import type { DataFacts } from "../scenario/data.ts";
import { barChart, timeChart } from "./charts.ts";
import type { Report } from "./facts.ts";
import { type Html, html } from "./html.ts";
import { mark } from "./runs.ts";
import { table } from "./table.ts";

/** What flowed: the events, the hours as the manifest has them, the tables with their rules, the objects. */
export function dataSection({ data: facts }: Report): Html {
  if (facts === undefined) return html`<p>Not reached.</p>`;
  const { read, input, raw, qualified } = facts;
  return html`<p>${read.rows.toLocaleString("en")} events. Input: ${input.origin}.</p>
    ${barChart("Events by type", read.types)}
    ${timeChart("Events by minute (UTC)", read.minutes)}
    ${barChart("Most active repositories", read.repositories, false)}
    <h3>Hours</h3>${hours(facts)}
    <h3>Tables</h3>${tables(facts)}
    <h3>Raw layer</h3>${objects(raw)}
    <details><summary>Qualified layer: ${qualified.length} objects</summary>${objects(qualified)}</details>`;
}

/** The manifest, a row for each hour. */
function hours({ hours: found }: DataFacts): Html {
  return table(
    ["Hour (UTC)", "State", "Next", "Lines", "In quarantine", "Kept", "Duplicates"],
    found.map(({ hour, state, pending, events, quarantined, kept, duplicates }) => [
      html`<code class="whole">${hour}</code>`,
      state,
      pending ?? "nothing",
      events,
      quarantined,
      kept,
      duplicates,
    ]),
  );
}

function tables({ tables: found }: DataFacts): Html {
  return table(
    ["Table", "What it is", "Rows", "Columns", "Quality", "In the catalog at"],
    found.map(({ name, description, rows, columns, rules, broken, location }) => [
      html`<code>${name}</code>`,
      description,
      rows,
      columns,
      broken.length === 0
        ? html`${mark("success")} ${rules} rules hold`
        : html`${mark("failure")} ${broken.map((text) => html`<div>${text}</div>`)}`,
      html`<code>${location}</code>`,
    ]),
  );
}

function objects(found: DataFacts["raw"]): Html {
  return table(
    ["Key", "Bytes"],
    found.map(({ key, bytes }) => [html`<code>${key}</code>`, bytes]),
  );
}
