// npm run prove [-- NAME …] [--count N] [--seed N] [--few] [--write]
import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { didYouMean } from "../../actions/shared/src/suggest.ts";
import type { Findings, Proof } from "./proof.ts";
import { writeFindings } from "./write.ts";

const usage = `Tries what the toolkit claims, many times, and prints what came out.

Usage: npm run prove -- [NAME …] [options]

  without a name   list the proofs
  --count N        trials in place of the proof's own number
  --seed N         where the random choices begin; the same seed gives the same trials (default 1)
  --events FILE…   for data-real: files of events (gzip or plain, one JSON document a line)
  --few            the small number of trials that npm test runs
  --write          put the figures into docs/proofs.md
  --help           show this
`;

async function loadProofs(): Promise<ReadonlyMap<string, Proof>> {
  const folder = join(import.meta.dirname, "proofs");
  const proofs = new Map<string, Proof>();
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith(".ts"))
    .sort()) {
    const { proof } = (await import(join(folder, file))) as { proof: Proof };
    proofs.set(proof.name, proof);
  }
  return proofs;
}

interface Options {
  readonly names: readonly string[];
  readonly count: number | undefined;
  readonly seed: number;
  readonly events: readonly string[];
  readonly few: boolean;
  readonly write: boolean;
}

class UsageError extends Error {}

function readOptions(args: readonly string[]): Options | "help" {
  const { values, tokens } = parseArgs({
    args: [...args],
    allowPositionals: true,
    tokens: true,
    options: {
      count: { type: "string" },
      seed: { type: "string", default: "1" },
      events: { type: "string", multiple: true },
      few: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  const { names, more } = spread(tokens);
  return {
    names,
    events: [...(values.events ?? []), ...more].map(existingFile),
    count: values.count === undefined ? undefined : wholeNumber("--count", values.count),
    seed: wholeNumber("--seed", values.seed),
    few: values.few,
    write: values.write,
  };
}

type Token = NonNullable<ReturnType<typeof parseArgs>["tokens"]>[number];

/** `--events one two`: the shell has spread a pattern, so what follows the first file are files too. */
function spread(tokens: readonly Token[]): { readonly names: string[]; readonly more: string[] } {
  const [names, more]: [string[], string[]] = [[], []];
  let option = "";
  for (const token of tokens) {
    if (token.kind === "option") option = token.name;
    if (token.kind === "positional") (option === "events" ? more : names).push(token.value);
  }
  return { names, more };
}

function existingFile(file: string): string {
  const path = resolve(process.env["INIT_CWD"] ?? process.cwd(), file);
  if (!existsSync(path)) throw new UsageError(`--events: there is no file ${path}`);
  return path;
}

function wholeNumber(option: string, text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new UsageError(`${option} must be a whole number from 1; it is "${text}"`);
  return Number(text);
}

function choose(proofs: ReadonlyMap<string, Proof>, names: readonly string[]): Proof[] {
  return names.map((name) => {
    const proof = proofs.get(name);
    if (proof === undefined)
      throw new UsageError(`there is no proof "${name}", ${didYouMean(name, [...proofs.keys()])}`);
    return proof;
  });
}

async function runProof(
  proof: Proof,
  { count, seed, events, few }: Options,
  signal: AbortSignal,
): Promise<boolean> {
  const trials = count ?? (few ? proof.few : proof.count);
  const started = Date.now();
  let shown = 0;
  process.stderr.write(`${proof.name}: ${proof.summary}; ${trials} trials from seed ${seed}\n`);
  const progress = (done: number) => {
    if (done < trials && Date.now() - shown < 2000) return;
    shown = Date.now();
    process.stderr.write(`  ${done} of ${trials}, ${((shown - started) / 1000).toFixed(0)} s\n`);
  };
  const findings: Findings = await proof.run({ count: trials, seed, events, progress, signal });
  const seconds = Math.round((Date.now() - started) / 1000);
  for (const fault of findings.missed.slice(0, 20)) process.stderr.write(`  MISSED ${fault}\n`);
  const cut = findings.trials < trials;
  const held = findings.missed.length === 0 && !cut;
  const figures = { proof: proof.name, held, seed, trials: findings.trials, seconds, ...findings.figures };
  process.stdout.write(`${JSON.stringify(figures)}\n`);
  if (options !== "help" && options.write && !cut) writeFindings(proof, figures);
  return held;
}

let options: Options | "help";
try {
  options = readOptions(process.argv.slice(2));
  const proofs = await loadProofs();
  if (options === "help") process.stdout.write(usage);
  else if (options.names.length === 0)
    for (const { name, summary, aim } of proofs.values())
      process.stdout.write(`${name.padEnd(14)}${summary}\n${" ".repeat(14)}aim: ${aim}\n`);
  else {
    const stop = new AbortController();
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop.abort());
    for (const proof of choose(proofs, options.names)) {
      if (stop.signal.aborted) break;
      if (!(await runProof(proof, options, stop.signal))) process.exitCode = 1;
    }
    if (stop.signal.aborted) process.exitCode = 130;
  }
} catch (error) {
  if (!(error instanceof UsageError) && !(error instanceof TypeError && "code" in error)) throw error;
  process.stderr.write(`${error.message}\nnpm run prove -- --help shows how to call it.\n`);
  process.exitCode = 2;
}
