import { randomUUID } from "node:crypto";
import * as core from "@actions/core";
import type { OutputLog } from "./process.ts";

/** Gives a child's lines to the job's log; between open and close the runner takes no line for a command. */
export function createOutputLog(): OutputLog {
  let token = "";
  return {
    open: () => {
      token = randomUUID();
      core.info(`::stop-commands::${token}`);
    },
    line: (text) => core.info(text),
    close: () => core.info(`::${token}::`),
  };
}

/** Hides a text from the log; the runner hides line by line. */
export function maskText(text: string): void {
  for (const line of text.split(/\r?\n/)) if (line.trim().length >= 4) core.setSecret(line);
}
