import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** The part of GitHub's API that unlock and check-lock use: the status of runs, and issues. */
export class GitHub {
  /** Runs that are over; every other one is in progress. */
  readonly over = new Set<string>();
  /** Titles of the issues that were opened. */
  readonly issues: string[] = [];
  private readonly server = createServer((request, response) => {
    const [path = ""] = (request.url ?? "").split("?");
    void text(request).then((body) => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(this.answer(request.method ?? "GET", path, body)));
    });
  });

  async listen(): Promise<string> {
    this.server.listen(0, "127.0.0.1");
    await once(this.server, "listening");
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private answer(method: string, path: string, body: string): unknown {
    if (method === "POST") {
      this.issues.push((JSON.parse(body) as { title: string }).title);
      return { html_url: `https://github.com${path}/${this.issues.length}` };
    }
    if (path.endsWith("/issues")) return [];
    const over = this.over.has(path.split("/").at(-1) ?? "");
    return {
      status: over ? "completed" : "in_progress",
      conclusion: over ? "cancelled" : null,
      run_attempt: 1,
    };
  }
}
