import type { JobReport } from "../act-log.ts";
import { seconds } from "../progress.ts";
import type { Report } from "./facts.ts";
import { type Html, html } from "./html.ts";

type Run = Report["runs"][number];

/** One workflow run: its jobs as bars on a common axis, and the steps of each with their times. */
export function runSection(run: Run): Html {
  const jobs = run.jobs.filter(({ result }) => result !== "skipped");
  const skipped = run.jobs.filter(({ result }) => result === "skipped").map(({ name }) => name);
  return html`<article class="run">
    <h3>${mark(run.succeeded ? "success" : "failure")} ${run.workflow} <small>${run.title}</small></h3>
    <p class="meta">${run.event} · ${run.ref} · <code>${run.commit.slice(0, 7)}</code> · ${seconds(run.milliseconds)}</p>
    ${jobs.map((job) => jobRow(job, run.milliseconds))}
    ${skipped.length > 0 && html`<p class="meta">Skipped, nothing to do: ${[...new Set(skipped)].join(", ")}</p>`}
    ${run.faults.length > 0 && html`<pre class="fault">${run.faults.join("\n")}</pre>`}
  </article>`;
}

function jobRow(job: JobReport, total: number): Html {
  const part = (milliseconds: number): string => ((milliseconds / Math.max(1, total)) * 100).toFixed(2);
  const bar = html`<svg class="gantt ${job.result}" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="10"/><rect x="${part(job.startedAt)}" width="${Math.max(0.6, Number(part(job.milliseconds)))}" height="10"/></svg>`;
  const shown = job.steps.filter(({ milliseconds, result }) => milliseconds >= 50 || result === "failure");
  return html`<details class="job"${job.result === "failure" && html` open`}>
    <summary>${mark(job.result)} <span class="name">${job.name}</span>${bar}<span class="number">${seconds(job.milliseconds)}</span></summary>
    <table class="steps">${shown.map(
      (step) =>
        html`<tr><td>${mark(step.result)}</td><td>${step.stage === "Main" ? "" : `${step.stage}: `}${step.name}</td><td class="number">${seconds(step.milliseconds)}</td></tr>`,
    )}</table>
    ${job.annotations.map(({ level, message }) => html`<pre class="annotation ${level}">${message}</pre>`)}
  </details>`;
}

export function mark(result: string): Html {
  const symbol = { success: "✓", failure: "✗", skipped: "–", cancelled: "⊘" }[result] ?? "…";
  return html`<span class="mark ${result}" aria-label="${result}">${symbol}</span>`;
}
