import { spawn } from "node:child_process";

export interface Run {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly limitSeconds: number;
  readonly signal: AbortSignal;
}

/** Runs a program to its end, its output passed on to standard error. Throws when it fails or takes too long; then nothing of it is left. */
export async function run(
  program: string,
  args: readonly string[],
  { cwd, env, limitSeconds, signal }: Run,
): Promise<void> {
  const shown = `${program.split("/").at(-1)} ${args.join(" ")}`;
  signal.throwIfAborted();
  // A group of its own, so that what it started ends with it.
  const child = spawn(program, args, { cwd, env, detached: true, stdio: ["ignore", 2, 2] });
  const end = () => {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
  };
  const timer = setTimeout(end, limitSeconds * 1000);
  signal.addEventListener("abort", end, { once: true });
  const started = Date.now();
  try {
    const { promise, resolve, reject } = Promise.withResolvers<number | null>();
    child.on("error", reject);
    child.on("close", resolve);
    const code = await promise;
    signal.throwIfAborted();
    if (Date.now() - started >= limitSeconds * 1000)
      throw new Error(`${shown} took longer than ${limitSeconds} seconds and was ended.`);
    if (code !== 0) throw new Error(`${shown} failed${code === null ? "" : ` with exit code ${code}`}.`);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
  }
}

const harmless = ["PATH", "HOME", "TMPDIR", "LANG", "TERM"];
const ofPackageManager = /^(npm_config_|https?_proxy$|no_proxy$|NODE_EXTRA_CA_CERTS$)/i;

/** Synthesis runs the code of a branch: it gets no credentials and no secrets of the environment. */
export function environmentForSynthesis(from: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...pick(from, (name) => harmless.includes(name)), CHECKPOINT_DISABLE: "1", TZ: "UTC" };
}

export function environmentForInstall(from: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return pick(from, (name) => harmless.includes(name) || ofPackageManager.test(name));
}

function pick(from: NodeJS.ProcessEnv, wanted: (name: string) => boolean): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(from).filter(([name]) => wanted(name)));
}
