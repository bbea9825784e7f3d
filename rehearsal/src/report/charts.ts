import { type Html, html } from "./html.ts";

/** Horizontal bars with their names and numbers, the largest first; `shares` of their sum where they are all there is. */
export function barChart(title: string, values: Readonly<Record<string, number>>, shares = true): Html {
  const rows = Object.entries(values).sort(([, a], [, b]) => b - a);
  const most = Math.max(1, ...rows.map(([, value]) => value));
  const total = rows.reduce((sum, [, value]) => sum + value, 0);
  return html`<figure class="bars"><figcaption>${title}</figcaption><table>${rows.map(
    ([name, value]) => html`<tr>
      <th scope="row">${name}</th>
      <td class="bar"><svg viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="${share(value, total)}"><rect width="${((value / most) * 100).toFixed(2)}" height="10" rx="1"/></svg></td>
      <td class="number">${value.toLocaleString("en")}</td>${shares && html`<td class="number share">${share(value, total)}</td>`}</tr>`,
  )}</table></figure>`;
}

function share(value: number, total: number): string {
  return `${((value / Math.max(1, total)) * 100).toFixed(1)} %`;
}

const width = 720;
const height = 180;
const margin = { left: 44, right: 8, top: 10, bottom: 24 };

/** Columns over time; the keys are moments in order, `2015-01-01T00:05`. */
export function timeChart(title: string, values: Readonly<Record<string, number>>): Html {
  const points = Object.entries(values).sort(([a], [b]) => a.localeCompare(b));
  const most = niceCeiling(Math.max(1, ...points.map(([, value]) => value)));
  const inner = { width: width - margin.left - margin.right, height: height - margin.top - margin.bottom };
  const step = inner.width / Math.max(1, points.length);
  const y = (value: number): number => margin.top + inner.height * (1 - value / most);
  const columns = points.map(([moment, value], index) => {
    const x = margin.left + index * step;
    return html`<rect x="${x.toFixed(2)}" y="${y(value).toFixed(2)}" width="${Math.max(0.5, step * 0.86).toFixed(2)}" height="${(margin.top + inner.height - y(value)).toFixed(2)}"><title>${moment.replace("T", " ")} UTC: ${value.toLocaleString("en")}</title></rect>`;
  });
  const grid = [0, 0.5, 1].map((part) => {
    const at = y(most * part).toFixed(2);
    return html`<line x1="${margin.left}" x2="${width - margin.right}" y1="${at}" y2="${at}"/><text x="${margin.left - 6}" y="${at}" dy="0.32em" text-anchor="end">${(most * part).toLocaleString("en")}</text>`;
  });
  const every = Math.max(1, Math.ceil(points.length / 8));
  const labels = points.flatMap(([moment], index) =>
    index % every === 0
      ? [
          html`<text x="${(margin.left + (index + 0.5) * step).toFixed(2)}" y="${height - 6}" text-anchor="middle">${moment.slice(11)}</text>`,
        ]
      : [],
  );
  return html`<figure class="time"><figcaption>${title}</figcaption><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}"><g class="grid">${grid}</g><g class="columns">${columns}</g><g class="labels">${labels}</g></svg></figure>`;
}

/** The next of 1, 2, 2.5, 5, 10, 20, … */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= value) ?? value;
}
