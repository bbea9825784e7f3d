import { wordLabel } from "../../shared/src/guards.ts";
import { clip, codeSpan, fence, htmlText, plainText } from "../../shared/src/markdown.ts";
import { isProblem, type Report, type StackReport } from "./report.ts";
import { jobLink, showsEnvironment, type Unit, unitsOf } from "./units.ts";
import { advice, changeGroups, isPlan, plural, shortCounts, title, totals } from "./wording.ts";

export interface Budget {
  readonly limit: number;
  /** Size of a text in the unit of the limit. */
  readonly size: (text: string) => number;
}

const characters: Budget["size"] = (text) => text.length;
const bytes: Budget["size"] = (text) => Buffer.byteLength(text);

/** GitHub's limit for a comment, in characters. */
export const commentBudget: Budget = { limit: 65_536, size: characters };
/** GitHub's limit for a step's summary is 1 MiB; a summary over it is lost as a whole. */
export const summaryBudget: Budget = { limit: 1_000_000, size: bytes };

/**
 * The report as Markdown, never over the budget. What does not fit is left out in whole parts, the least
 * dangerous first (diffs of additions before diffs of destructions, diffs before addresses, these before the
 * table), and the text says what is missing and where it is.
 */
export function render(report: Report, budget: Budget): string {
  const units = unitsOf(report, { line: 400, part: Math.floor(budget.limit / 16) });
  const fits = (count: number) => budget.size(compose(report, units, count)) <= budget.limit;
  let [low, high] = [0, mostThatCouldFit(units, budget)];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return compose(report, units, low);
}

function mostThatCouldFit(units: readonly Unit[], { limit, size }: Budget): number {
  let total = 0;
  const over = units.findIndex(({ text }) => {
    total += size(text());
    return total > limit;
  });
  return over < 0 ? units.length : over;
}

function compose(report: Report, units: readonly Unit[], count: number): string {
  const shown = units.slice(0, count);
  const sections = Map.groupBy(shown, (unit) => unit.stack);
  const parts = [
    `## ${title(report)}`,
    ...notices(report),
    ...table(report, shown),
    ...report.stacks.map((stack, index) => section(report, stack, sections.get(index) ?? [])),
    unchanged(report),
    leftOut(report, units.slice(count)),
    footnote(report),
  ];
  return `${parts.filter((part) => part !== "").join("\n\n")}\n`;
}

function alert(kind: "CAUTION" | "WARNING" | "IMPORTANT" | "NOTE", lines: readonly string[]): string {
  return [`[!${kind}]`, ...lines].map((line) => `> ${line}`).join("\n");
}

function notices(report: Report): string[] {
  const { detection, stacks, oddities } = report;
  const parts: string[] = [];
  if (detection.untrusted !== undefined)
    parts.push(alert("IMPORTANT", [plainText(clip(detection.untrusted, 1000))]));
  if (isPlan(report)) parts.push(...dangers(stacks));
  const missing = stacks.filter(({ result }) => result === undefined);
  if (missing.length > 0)
    parts.push(
      alert("WARNING", [
        `No result of ${names(
          missing.map(({ id }) => id),
          10,
        )}. Their jobs may have been cancelled, or their runners lost; their logs tell more. Run them again.`,
      ]),
    );
  const warnings = [...outdatedPlans(stacks), ...detection.warnings, ...oddities];
  const kept = warnings.slice(0, 5).map((warning) => plainText(clip(warning, 600)));
  if (warnings.length > kept.length)
    kept.push(`… and ${plural(warnings.length - kept.length, "more warning")}`);
  if (kept.length > 0)
    parts.push(
      alert(
        "WARNING",
        kept.flatMap((line, index) => (index === 0 ? [line] : ["", line])),
      ),
    );
  return parts;
}

function outdatedPlans(stacks: readonly StackReport[]): string[] {
  const outdated = stacks.flatMap(({ id, result }) =>
    result?.outdated === undefined ? [] : [`${id} (${result.outdated})`],
  );
  return outdated.length === 0
    ? []
    : [
        `Plan again, with “Re-run all jobs” of this run, before relying on it: ${outdated.slice(0, 10).join(", ")}`,
      ];
}

function dangers(stacks: readonly StackReport[]): string[] {
  const dangerous = stacks.flatMap(({ result }) =>
    (result?.status === "changes" ? result.changes : []).filter(
      ({ action }) => action === "delete" || action === "replace",
    ),
  );
  const counts = totals(stacks.filter(({ result }) => result?.status === "changes"));
  const count = counts.delete + counts.replace;
  if (count === 0) return [];
  const which =
    dangerous.length > 0
      ? `: ${names(
          dangerous.map(({ address }) => address),
          8,
        )}`
      : "";
  return [alert("CAUTION", [`**${plural(count, "resource")} would be destroyed or replaced**${which}`])];
}

function names(all: readonly string[], most: number): string {
  const shown = all.slice(0, most).map((name) => codeSpan(clip(name, 120)));
  return [...shown, ...(all.length > most ? [`${all.length - most} more`] : [])].join(", ");
}

function table(report: Report, shown: readonly Unit[]): string[] {
  const rows = shown.filter(({ kind }) => kind === "row").map(({ text }) => text());
  if (rows.length === 0) return [];
  const environment = showsEnvironment(report) ? ["Environment"] : [];
  const numbers = isPlan(report)
    ? ["Add", "Change", "Replace", "Destroy"]
    : ["Added", "Changed", "Replaced", "Destroyed"];
  const words = ["Stack", ...environment, "Result"];
  return [
    [
      `| ${[...words, ...numbers, ""].join(" | ")} |`,
      `|${[...words.map(() => "---"), ...numbers.map(() => "--:"), "---"].join("|")}|`,
      ...rows,
    ].join("\n"),
  ];
}

function section(report: Report, stack: StackReport, units: readonly Unit[]): string {
  const own = units.filter(({ kind }) => kind !== "row");
  const { result } = stack;
  const explained = isProblem(stack) && result !== undefined && units.length > 0;
  if (own.length === 0 && !explained) return "";
  const parts = [
    ...problemOf(stack, own),
    ...guardsOf(result),
    ...changeGroups.map((_, group) => changesOf(report, { stack, own }, group)),
    ...own
      .filter(({ kind }) => kind === "outputs")
      .map(({ text }) => `**Outputs**\n\n${fence([text()], "diff")}`),
    result === undefined ? "" : provenance(report, result),
  ];
  const dangerous = result !== undefined && result.counts.delete + result.counts.replace > 0;
  const open = isProblem(stack) || dangerous || report.stacks.length === 1 ? " open" : "";
  const summary = `<b>${htmlText(stack.id)}</b> · ${sectionTitle(report, stack)}`;
  const body = parts.filter((part) => part !== "").join("\n\n");
  return `<details${open}><summary>${summary}</summary>\n\n${body}\n\n</details>`;
}

function sectionTitle(report: Report, { result, missing }: StackReport): string {
  if (result === undefined) return htmlText(missing ?? "no result");
  if (result.status === "refused")
    return result.differences.length > 0 ? "refused: more was found than was reviewed" : "refused";
  if (result.status === "unreviewed") return "not reviewed";
  if (result.status === "locked") return "its state is locked";
  if (result.status === "failed") return "failed";
  return shortCounts(result.counts, isPlan(report));
}

function problemOf(stack: StackReport, own: readonly Unit[]): string[] {
  if (!isProblem(stack)) return [];
  const said = own.filter(({ kind }) => kind === "problem").map(({ text }) => fence([text()]));
  const heading =
    stack.result?.status === "refused" && said.length > 0 ? ["**Found, and not reviewed**"] : [];
  const what = advice(stack);
  return [...heading, ...said, ...(what === undefined ? [] : [plainText(clip(what, 1000))])];
}

const mostGuards = 10;

/** What of the plan waits for a person's word, and how it is given. */
function guardsOf(result: StackReport["result"]): string[] {
  const guards = result?.guards ?? [];
  if (guards.length === 0 || result?.status === "applied") return [];
  const shown = guards.slice(0, mostGuards).map(({ message }) => `- ${plainText(clip(message, 400))}`);
  if (guards.length > shown.length) shown.push(`- … and ${guards.length - shown.length} more`);
  return [
    `⚠️ **Needs a person's word**: after this plan, somebody who may push sets the label ${codeSpan(wordLabel)}.\n\n${shown.join("\n")}`,
  ];
}

function changesOf(
  report: Report,
  { stack, own }: { readonly stack: StackReport; readonly own: readonly Unit[] },
  group: number,
): string {
  const changes = own.filter((unit) => unit.kind === "change" && unit.group === group);
  if (changes.length === 0) return "";
  const diffs = new Map(
    own.flatMap((unit) => (unit.kind === "diff" && unit.group === group ? [[unit.index, unit.text()]] : [])),
  );
  const lines = changes.flatMap((unit) => {
    const text = unit.kind === "change" ? diffs.get(unit.index) : undefined;
    return text === undefined ? [unit.text()] : [unit.text(), text];
  });
  const heading = changeGroups[group]?.heading[isPlan(report) ? 0 : 1] ?? "";
  const all =
    stack.result?.changes.filter(({ action }) => changeGroups[group]?.actions.includes(action)).length ?? 0;
  const count = all > changes.length ? `${changes.length} of ${all}` : String(all);
  return `**${heading}** (${count})\n\n${fence(lines, "diff")}`;
}

function provenance(report: Report, result: NonNullable<StackReport["result"]>): string {
  const digest = /^sha256:[0-9a-f]{64}$/.test(result.digest)
    ? `configuration ${codeSpan(result.digest.slice(0, 19))}`
    : "";
  const seconds = Object.values(result.timings).reduce((sum, time) => sum + time, 0) / 1000;
  const job = jobLink("log", result.run.url, report.run);
  const known = [digest, seconds > 0 ? `${seconds.toFixed(1)} s` : "", job].filter((part) => part !== "");
  return known.length === 0 ? "" : `<sub>${known.join(" · ")}</sub>`;
}

function unchanged({ detection }: Report): string {
  const parts: string[] = [];
  if (detection.unchanged.length > 0)
    parts.push(
      `Not planned, for their configuration is the same: ${names(
        detection.unchanged.map(({ id }) => id),
        20,
      )}`,
    );
  if (detection.removed.length > 0)
    parts.push(
      `Leaves the stack map, which the gate allows only when nothing of it is deployed any more: ${names(
        detection.removed.map(({ id }) => id),
        20,
      )}`,
    );
  return parts.join("\n\n");
}

function leftOut(report: Report, units: readonly Unit[]): string {
  if (units.length === 0) return "";
  const count = (kind: Unit["kind"]) => units.filter((unit) => unit.kind === kind).length;
  const what = [
    [count("row"), "row"],
    [count("problem"), "error"],
    [count("change"), "change"],
    [count("diff"), "diff"],
    [count("outputs"), "list of outputs"],
  ] as const;
  const said = what
    .filter(([number]) => number > 0)
    .map(([number, noun]) =>
      noun === "list of outputs" ? `the outputs of ${plural(number, "stack")}` : plural(number, noun),
    );
  return alert("NOTE", [
    `Left out, for it does not fit here: ${said.join(", ")}. The ${runLink(report, "run's summary")} and the jobs' logs show more.`,
  ]);
}

function runLink({ run }: Report, text: string): string {
  return `[${text}](${run.serverUrl}/${run.repository}/actions/runs/${encodeURIComponent(run.id)})`;
}

function footnote(report: Report): string {
  const { detection, run } = report;
  const commit = (sha: string) =>
    `[${codeSpan(sha.slice(0, 7))}](${run.serverUrl}/${run.repository}/commit/${encodeURIComponent(sha)})`;
  const merge = detection.head !== detection.commit && detection.base !== undefined;
  const what = merge
    ? `${commit(detection.head)} merged into ${commit(detection.base ?? "")}`
    : commit(detection.commit);
  const again =
    isPlan(report) && detection.untrusted === undefined
      ? ` · To plan again without a push, open the run and choose “Re-run all jobs”.`
      : "";
  const attempt = run.attempt > 1 ? `, attempt ${run.attempt}` : "";
  return `<sub>${isPlan(report) ? "Plan" : "Result"} of ${what} · ${runLink(report, `run ${run.id}`)}${attempt}${again}</sub>`;
}
