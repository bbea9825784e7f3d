import { type Html, html } from "./html.ts";

/** A table with its numbers to the right; wider than the page, it scrolls by itself. */
export function table(
  heads: readonly string[],
  rows: readonly (readonly (string | number | Html)[])[],
): Html {
  const cell = (value: string | number | Html): Html =>
    typeof value === "number"
      ? html`<td class="number">${value.toLocaleString("en")}</td>`
      : html`<td>${value}</td>`;
  return html`<div class="scroll"><table class="list"><thead><tr>${heads.map((head) => html`<th>${head}</th>`)}</tr></thead><tbody>${rows.map((row) => html`<tr>${row.map(cell)}</tr>`)}</tbody></table></div>`;
}
