import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ActionError } from "../src/action-error.ts";
import { requestIdToken, type TokenSource } from "../src/adapters/oidc-token.ts";
import { decodeClaims } from "../src/oidc-claims.ts";
import { type Answer, claims, localServer, unsignedToken } from "./local-server.ts";

const good: Answer = { body: JSON.stringify({ count: 1, value: unsignedToken() }) };
const pending: Answer = {
  status: 403,
  body: '{"message":"Can\'t issue ID_TOKEN for job in \'Pending\' state"}',
};

async function rig(answers: readonly Answer[]) {
  const server = await localServer((_, count) => answers[Math.min(count, answers.length) - 1] ?? {});
  const masked: string[] = [];
  const lines: string[] = [];
  let slept = 0;
  const source: TokenSource = {
    env: {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${server.url}/idtoken?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: "request-token",
    },
    mask: (value) => masked.push(value),
    log: (line) => lines.push(line),
    clock: { now: () => new Date(), sleep: async (milliseconds) => void (slept += milliseconds) },
    random: () => 0.5,
    timeoutMs: 200,
  };
  return { server, source, masked, lines, slept: () => slept };
}

async function failure(promise: Promise<unknown>): Promise<ActionError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ActionError)) throw new Error(`not an ActionError: ${String(error)}`);
  return error;
}

test("asks for the audience with the job's own token, and masks what it gets", async () => {
  const { server, source, masked } = await rig([good]);
  expect((await requestIdToken("sts.amazonaws.com", source)).jwt).toBe(unsignedToken());
  expect(masked).toEqual([unsignedToken()]);
  const [request] = server.received;
  expect(request?.url.searchParams.get("audience")).toBe("sts.amazonaws.com");
  expect(request?.url.searchParams.get("api-version")).toBe("2.0");
  expect(request?.headers.authorization).toBe("Bearer request-token");
});

test.each<[string, Answer[], number]>([
  ["403 Pending twice", [pending, pending, good], 3],
  ["500", [{ status: 500, body: "{}" }, good], 2],
  ["an HTML page", [{ body: "<html>sorry</html>" }, good], 2],
  ["JSON without a value", [{ body: '{"count":0}' }, good], 2],
  ["cut-off JSON", [{ body: '{"count":1,"val' }, good], 2],
  ["a connection that breaks in the body", [{ body: '{"count":1', fault: "cut" }, good], 2],
  ["a reset connection", [{ fault: "reset" }, good], 2],
  ["no answer in time", [{ fault: "hang" }, { fault: "hang" }, good], 3],
])("recovers from %s", async (_, answers, requests) => {
  const { server, source } = await rig(answers);
  expect((await requestIdToken("a", source)).jwt).toBe(unsignedToken());
  expect(server.received).toHaveLength(requests);
});

test.each<[string, Answer, RegExp]>([
  ["500", { status: 500, body: "{}" }, /HTTP 500/],
  ["an HTML page", { status: 503, body: "<html>secret</html>" }, /HTTP 503: an HTML page/],
  ["no value", { body: "{}" }, /not JSON with a `value`/],
  ["no answer", { fault: "hang" }, /no answer within 0.2 s/],
  ["Pending for ever", pending, /Pending/],
])("gives up on %s after five tries with a typed error", async (_, answer, message) => {
  const { server, source, slept } = await rig([answer]);
  const error = await failure(requestIdToken("a", source));
  expect(error.message).toMatch(message);
  expect(error.message).not.toContain("reading '");
  expect(server.received).toHaveLength(5);
  expect(slept()).toBeLessThan(16_000);
});

test("a request that is wrong is not repeated", async () => {
  const { server, source } = await rig([{ status: 400, body: '{"message":"bad audience"}' }]);
  expect((await failure(requestIdToken("a", source))).message).toContain("bad audience");
  expect(server.received).toHaveLength(1);
});

test("a redirect is not followed with the job's token", async () => {
  const elsewhere = await localServer(() => good);
  const { source } = await rig([{ status: 302, headers: { location: elsewhere.url } }]);
  await failure(requestIdToken("a", source));
  expect(elsewhere.received).toHaveLength(0);
});

test("without the permission it fails at once and names it", async () => {
  const { source, slept } = await rig([good]);
  for (const env of [{}, { ACTIONS_ID_TOKEN_REQUEST_URL: "", ACTIONS_ID_TOKEN_REQUEST_TOKEN: "" }]) {
    const error = await failure(requestIdToken("a", { ...source, env }));
    expect(error.message).toContain("permissions: id-token: write");
  }
  expect(slept()).toBe(0);
});

test("a fork's pull request and Dependabot are told why there is no token", async () => {
  const { source } = await rig([good]);
  const folder = mkdtempSync(join(tmpdir(), "event-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const event = join(folder, "event.json");
  const fork = {
    head: { repo: { full_name: "eve/data-platform" } },
    base: { repo: { full_name: "acme/data-platform" } },
  };
  writeFileSync(event, JSON.stringify({ pull_request: fork }));
  const env = { GITHUB_EVENT_PATH: event };
  expect((await failure(requestIdToken("a", { ...source, env }))).message).toMatch(/fork eve\/data-platform/);
  const dependabot = { GITHUB_ACTOR: "dependabot[bot]" };
  expect((await failure(requestIdToken("a", { ...source, env: dependabot }))).hint).toContain("Dependabot");
});

test("the clock's skew is taken from the Date header", async () => {
  const { source } = await rig([{ ...good, headers: { date: "Sun, 22 Nov 2026 12:10:00 GMT" } }]);
  const clock = { ...source.clock, now: () => new Date("2026-11-22T12:00:00Z") };
  expect((await requestIdToken("a", { ...source, clock })).skewSeconds).toBe(600);
});

test("claims are decoded to be shown, and whatever is no token has none", () => {
  expect(decodeClaims(unsignedToken())).toEqual(claims);
  for (const text of ["", "a.b.c", "a", `x.${Buffer.from("[1]").toString("base64url")}.y`])
    expect(decodeClaims(text)).toEqual({});
});
