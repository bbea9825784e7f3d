// npm test: every check of the project, one after the other so that they do not fight for the cores; only the
// rehearsal, which waits for most of its time, runs beside them. At the end one line that counts the tests.
//   npm test [-- --only NAME[,NAME]] [--list]
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { parse } from "yaml";

const root = dirname(import.meta.dirname);
const logs = join(root, "rehearsal", "out", "test");

interface Check {
  readonly name: string;
  readonly command: readonly string[];
  readonly cwd?: string;
  /** Runs beside the other checks. */
  readonly beside?: boolean;
  /** Counts the tests in the check's output; without it the check is one test. */
  readonly count?: (output: string) => Count | undefined;
}

interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Reads vitest's JSON report. */
function vitestCount(file: string): () => Count | undefined {
  return () => {
    const report = parse(readFileSync(file, "utf8")) as Record<string, number>;
    return {
      passed: report["numPassedTests"] ?? 0,
      failed:
        (report["numFailedTests"] ?? 0) +
        (report["numFailedTestSuites"] && !report["numFailedTests"] ? 1 : 0),
      skipped: (report["numPendingTests"] ?? 0) + (report["numTodoTests"] ?? 0),
    };
  };
}

function pytestCount(output: string): Count {
  const number = (word: string) => Number(new RegExp(`(\\d+) ${word}`).exec(output)?.[1] ?? 0);
  return { passed: number("passed"), failed: number("failed") + number("error"), skipped: number("skipped") };
}

function vitest(project: string): Check {
  const report = join(logs, `${project}.json`);
  return {
    name: project,
    command: [
      "vitest",
      "run",
      "--project",
      project,
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${report}`,
    ],
    count: vitestCount(report),
  };
}

const glue = join(root, "glue");
const checks: readonly Check[] = [
  { name: "types", command: ["tsc", "--noEmit", "--project", root] },
  { name: "lint", command: ["oxlint", "--type-aware", "--deny-warnings"] },
  { name: "format", command: ["biome", "check", "--error-on-warnings"] },
  { name: "dead-code", command: ["knip"] },
  { name: "workflows-actionlint", command: ["actionlint"] },
  {
    name: "workflows-zizmor",
    command: ["zizmor", "--persona", "pedantic", "--offline", ".github/workflows"],
  },
  { name: "python-lint", command: ["ruff", "check", ".", "../rehearsal"], cwd: glue },
  { name: "python-format", command: ["ruff", "format", "--check", ".", "../rehearsal"], cwd: glue },
  { name: "python-types", command: ["mypy", "."], cwd: glue },
  { name: "dist", command: ["node", join(root, "actions", "check-dist.ts")] },
  vitest("unit"),
  { name: "python", command: ["pytest"], cwd: glue, count: pytestCount },
  vitest("integration"),
  {
    name: "rehearsal",
    command: ["node", join(root, "rehearsal", "src", "main.ts"), "--thorough"],
    beside: true,
  },
];

interface Outcome {
  readonly check: Check;
  readonly ok: boolean;
  readonly seconds: number;
  readonly output: string;
}

/** Runs a check with its output in a log; what it prints is shown only when it fails. */
function runCheck(check: Check): Promise<Outcome> {
  const [command = "", ...args] = check.command;
  const started = Date.now();
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const child = spawn(command, args, { cwd: check.cwd ?? root, stdio: ["ignore", "pipe", "pipe"] });
    running.add(child);
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
    const end = (ok: boolean, extra = "") => {
      running.delete(child);
      resolve({
        check,
        ok,
        seconds: (Date.now() - started) / 1000,
        output: Buffer.concat(chunks).toString("utf8") + extra,
      });
    };
    child.on("error", (error) => end(false, `${error.message}\n`));
    child.on("close", (code) => end(code === 0));
  });
}

const running = new Set<ReturnType<typeof spawn>>();

function countOf({ check, ok, output }: Outcome): Count {
  let count: Count | undefined;
  try {
    count = check.count?.(output);
  } catch {
    // No report: the runner itself failed, which counts as one failed test.
    count = undefined;
  }
  if (count === undefined) return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 };
  return ok || count.failed > 0 ? count : { ...count, failed: 1 };
}

function select(): readonly Check[] {
  const { values } = parseArgs({
    options: { only: { type: "string" }, list: { type: "boolean", default: false } },
  });
  const names = checks.map((check) => check.name);
  if (values.list) {
    process.stdout.write(`${names.join("\n")}\n`);
    process.exit(0);
  }
  const wanted = values.only?.split(",");
  const unknown = wanted?.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    process.stderr.write(`there is no check "${unknown}"; there are ${names.join(", ")}\n`);
    process.exit(2);
  }
  return checks.filter((check) => wanted === undefined || wanted.includes(check.name));
}

async function runInTurn(these: readonly Check[]): Promise<void> {
  for (const check of these) {
    if (process.exitCode === 130) break;
    process.stdout.write(`${check.name} …\n`);
    tell(await runCheck(check));
  }
}

function tell(outcome: Outcome): void {
  const { check, ok, seconds, output } = outcome;
  const count = countOf(outcome);
  total.passed += count.passed;
  total.failed += count.failed;
  total.skipped += count.skipped;
  const tally = check.count === undefined ? "" : `, ${count.passed} passed, ${count.failed} failed`;
  process.stdout.write(`${ok ? "ok" : "FAILED"}  ${check.name}  ${seconds.toFixed(1)} s${tally}\n`);
  if (!ok) process.stdout.write(`${output}\n`);
}

const total = { passed: 0, failed: 0, skipped: 0 };
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    for (const child of running) child.kill(signal);
    process.exitCode = 130;
  });
}
const selected = select();
rmSync(logs, { recursive: true, force: true });
mkdirSync(logs, { recursive: true });
await Promise.all([
  runInTurn(selected.filter(({ beside = false }) => !beside)),
  runInTurn(selected.filter(({ beside = false }) => beside)),
]);
if (process.exitCode !== 130 && (total.failed > 0 || total.passed === 0)) process.exitCode = 1;
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed${skipped}\n`);
