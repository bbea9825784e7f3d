import { expect, test, vi } from "vitest";
import { ActionError } from "../src/action-error.ts";
import { createAssumeRole } from "../src/adapters/assume-role.ts";
import { backoffMs } from "../src/backoff.ts";
import { retryRules } from "../src/sts-faults.ts";
import { type Answer, localServer, stsCredentials, stsError, unsignedToken } from "./local-server.ts";

const denied = stsError(403, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity");
const throttled = stsError(400, "Throttling", "Rate exceeded");
const expired = stsError(400, "ExpiredTokenException", "Token expired: current date/time must be before");
const noKey = stsError(
  400,
  "InvalidIdentityToken",
  "Couldn't retrieve verification key from your identity provider",
);
const noIdp = stsError(400, "IDPCommunicationError", "Error communicating with the identity provider");

const request = {
  roleArn: "arn:aws:iam::123456789012:role/activity-plan-stage",
  region: "eu-west-1",
  sessionName: "session",
  durationSeconds: 900,
};

async function rig(answers: readonly Answer[], { skewMs = 0 } = {}) {
  const events: string[] = [];
  const tokens = await localServer((_, count) => ({
    body: JSON.stringify({ value: unsignedToken(count) }),
    headers: { date: new Date(Date.now() + skewMs).toUTCString() },
  }));
  const sts = await localServer((_, count) => {
    events.push(`sts ${count}`);
    return answers[Math.min(count, answers.length) - 1] ?? {};
  });
  vi.stubEnv("AWS_ENDPOINT_URL_STS", sts.url);
  let time = Date.now();
  let slept = 0;
  const lines: string[] = [];
  const assumeRole = createAssumeRole({
    mask: (value) => events.push(`mask ${value}`),
    log: (line) => lines.push(line),
    env: { ACTIONS_ID_TOKEN_REQUEST_URL: tokens.url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: "request-token" },
    clock: {
      now: () => new Date(time),
      sleep: async (milliseconds) => {
        time += milliseconds;
        slept += milliseconds;
      },
    },
    random: () => 0.999,
  });
  return { assumeRole, sts, tokens, events, lines, slept: () => slept };
}

async function failure(promise: Promise<unknown>): Promise<ActionError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ActionError)) throw new Error(`not an ActionError: ${String(error)}`);
  return error;
}

test("the token is exchanged for the role, session, duration and policy that were asked for", async () => {
  const { assumeRole, sts } = await rig([stsCredentials(new Date("2026-11-22T12:00:00Z"))]);
  const sessionPolicy = '{"Version":"2012-10-17"}';
  expect(await assumeRole({ ...request, sessionPolicy })).toEqual({
    accessKeyId: "ASIAEXAMPLEEXAMPLE00",
    secretAccessKey: "the-secret-access-key",
    sessionToken: "the-session-token",
    expiresAt: new Date("2026-11-22T12:00:00Z"),
  });
  expect(Object.fromEntries(sts.received[0]?.form ?? [])).toMatchObject({
    Action: "AssumeRoleWithWebIdentity",
    RoleArn: request.roleArn,
    RoleSessionName: "session",
    DurationSeconds: "900",
    WebIdentityToken: unsignedToken(),
    Policy: sessionPolicy,
  });
});

test("the token is masked before it is sent, the credentials before they are given out", async () => {
  const { assumeRole, events } = await rig([stsCredentials()]);
  await assumeRole(request).then(() => events.push("given out"));
  expect(events).toEqual([
    `mask ${unsignedToken()}`,
    "sts 1",
    "mask ASIAEXAMPLEEXAMPLE00",
    "mask the-secret-access-key",
    "mask the-session-token",
    "given out",
  ]);
});

test.each<[string, Answer[], number]>([
  ["AWS not reaching GitHub, twice", [noIdp, noIdp, stsCredentials()], 3],
  ["AWS without GitHub's keys, twice", [noKey, noKey, stsCredentials()], 3],
  ["a role too new to be known everywhere", [denied, denied, stsCredentials()], 3],
  ["throttling", [throttled, throttled, throttled, throttled, throttled, throttled, stsCredentials()], 7],
  ["500 and 503", [{ status: 500 }, { status: 503, body: "<html>" }, stsCredentials()], 3],
  ["a reset connection", [{ fault: "reset" }, stsCredentials()], 2],
  ["a page that is no answer of AWS", [{ body: "<html><p>sorry</html>" }, stsCredentials()], 2],
  ["an answer without credentials", [{ body: "<AssumeRoleWithWebIdentityResponse/>" }, stsCredentials()], 2],
])("recovers from %s", async (_, answers, calls) => {
  const { assumeRole, sts, tokens } = await rig(answers);
  expect((await assumeRole(request)).accessKeyId).toBe("ASIAEXAMPLEEXAMPLE00");
  expect(sts.received).toHaveLength(calls);
  expect(tokens.received).toHaveLength(1);
});

test("an expired token is replaced by a new one, once", async () => {
  const recovering = await rig([expired, stsCredentials()]);
  await recovering.assumeRole(request);
  expect(recovering.sts.received.map(({ form }) => form.get("WebIdentityToken"))).toEqual([
    unsignedToken(1),
    unsignedToken(2),
  ]);
  const stuck = await rig([expired], { skewMs: -900_000 });
  const error = await failure(stuck.assumeRole(request));
  expect(stuck.sts.received).toHaveLength(2);
  expect(error.message).toMatch(/clock is \d+ s ahead of GitHub's/);
});

test("a refused role is tried three times within 15 seconds, then explained by the token's claims", async () => {
  const { assumeRole, sts, slept } = await rig([denied]);
  const error = await failure(assumeRole(request));
  expect(sts.received).toHaveLength(3);
  expect(slept()).toBeLessThanOrEqual(15_000);
  for (const part of [
    request.roleArn,
    "repo:acme/data-platform:environment:stage",
    "sts.amazonaws.com",
    "deploy.yml@refs/heads/main",
  ])
    expect(error.message).toContain(part);
  expect(`${error.message}${error.hint}`).not.toContain(unsignedToken().split(".")[1]);
});

test.each<[string, Answer, RegExp]>([
  [
    "no provider",
    stsError(400, "InvalidIdentityToken", "No OpenIDConnect provider found in your account for https://x"),
    /bootstrap/,
  ],
  ["a wrong audience", stsError(400, "InvalidIdentityToken", "Incorrect token audience"), /audience/],
  [
    "too long a duration",
    stsError(400, "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration"),
    /duration-seconds/,
  ],
  ["too large a policy", stsError(400, "PackedPolicyTooLarge", "115%"), /session policy/],
  [
    "a region that is off",
    stsError(403, "RegionDisabledException", "STS is not activated in this region"),
    /another region/,
  ],
])("%s is not tried again, and the hint says what to do", async (_, answer, hint) => {
  const { assumeRole, sts } = await rig([answer]);
  expect((await failure(assumeRole(request))).hint).toMatch(hint);
  expect(sts.received).toHaveLength(1);
});

test("throttling and an unreachable AWS end in an error, in bounded time", async () => {
  const slow = await rig([throttled]);
  expect((await failure(slow.assumeRole(request))).message).toContain("Throttling: Rate exceeded");
  expect(slow.slept()).toBeLessThanOrEqual(120_000);
  const down = await rig([{ fault: "reset" }]);
  expect((await failure(down.assumeRole(request))).hint).toContain("could not be reached");
  expect(down.sts.received).toHaveLength(5);
});

test("an answer cannot smuggle a command for the runner into the log", async () => {
  const { assumeRole, lines } = await rig([
    stsError(400, "Throttling", "x\n::add-mask::y"),
    stsCredentials(),
  ]);
  await assumeRole(request);
  expect(lines.join("\n")).not.toMatch(/^::/m);
});

test("256 jobs that start together all get through an AWS that takes 20 a second", () => {
  const rule = retryRules.throttled;
  const random = seeded(7);
  const calls = Array.from({ length: 256 }, () => ({ at: 0, failures: 0 }));
  let done = 0;
  let tokens = 20;
  let clock = 0;
  for (let open = [...calls]; open.length > 0; ) {
    open.sort((left, right) => left.at - right.at);
    const call = open[0];
    if (call === undefined) break;
    tokens = Math.min(20, tokens + ((call.at - clock) / 1000) * 20);
    clock = call.at;
    if (tokens >= 1) {
      tokens -= 1;
      done++;
      open = open.slice(1);
      continue;
    }
    call.failures++;
    expect(call.failures).toBeLessThan(rule.tries);
    call.at += backoffMs(call.failures, rule, random);
    expect(call.at).toBeLessThan(rule.withinMs);
  }
  expect(done).toBe(256);
});

/** The same numbers in [0, 1) for the same seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
