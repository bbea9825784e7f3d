import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";

const main = join(import.meta.dirname, "..", "src", "main.ts");

/** Processes whose environment shows this mark: it stands in PATH, which everything that is rehearsed inherits. */
function marked(mark: string): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, "latin1").includes(mark)
          ? [readFileSync(`/proc/${pid}/cmdline`, "latin1")]
          : [];
      } catch {
        return []; // Ended meanwhile.
      }
    });
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  );
}

// Right at the start, while AWS is being prepared, and while Terraform applies.
it.each([
  ["Servers start", 300],
  ["Synthesizing", 500],
  ["global/backend: ", 6_000],
] as const)(
  "interrupted after «%s» it leaves no process, no port and no folder",
  async (words, milliseconds) => {
    const mark = `mark-${randomUUID()}`;
    const folder = mkdtempSync(join(tmpdir(), "interruption-"));
    const env = { ...process.env, PATH: `${process.env["PATH"]}${delimiter}/${mark}`, TMPDIR: folder };
    const child = spawn(process.execPath, [main, "--until", "1", "--out", join(folder, "out")], {
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    // Before the servers there is nothing that could be left behind: the input is prepared first.
    const under = () => output.includes(words) && marked(mark).length > 1;
    while (!under() && child.exitCode === null) await sleep(50);
    await sleep(milliseconds);
    const urls = output.match(/http:\/\/127\.0\.0\.1:\d+/g) ?? [];
    expect(child.exitCode).toBeNull();
    child.kill("SIGINT");
    expect(await ended).toBe(130);
    expect(output).toContain("Interrupted");
    expect(marked(mark)).toEqual([]);
    expect(await Promise.all(urls.map(answers))).toEqual(urls.map(() => false));
    expect(
      existsSync(folder) ? readdirSync(folder).filter((name) => name.startsWith("rehearsal-")) : [],
    ).toEqual([]);
    rmSync(folder, { recursive: true, force: true });
  },
  240_000,
);
