import { setTimeout as sleep } from "node:timers/promises";
import type { Processes } from "../processes.ts";

export interface Moto {
  readonly url: string;
}

export interface MotoOptions {
  /** Path of the `moto_server` program. */
  readonly program: string;
  readonly account: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
}

const startSeconds = 60;

/** Starts moto as a process of its own on a port that it finds itself. */
export async function startMoto(processes: Processes, options: MotoOptions): Promise<Moto> {
  let url: string | undefined;
  let ended: string | undefined;
  const running = processes.start(options.program, ["-H", "127.0.0.1", "-p", "0"], {
    cwd: options.cwd,
    env: { ...options.env, MOTO_ACCOUNT_ID: options.account, PYTHONUNBUFFERED: "1" },
    onLine: (line) => {
      url ??= /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1];
      options.log(line);
    },
  });
  running.exited.then(
    ({ code, signal }) => {
      ended = `ended with ${signal ?? code}`;
    },
    (error: Error) => {
      ended = error.message;
    },
  );
  for (const deadline = Date.now() + startSeconds * 1000; Date.now() < deadline; await sleep(100)) {
    if (ended !== undefined) throw new Error(`moto did not start: ${ended}`);
    if (url !== undefined && (await answers(url))) return { url };
  }
  throw new Error(`moto did not answer within ${startSeconds} s`);
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/moto-api/data.json`)).ok;
  } catch {
    return false; // Not listening yet.
  }
}
