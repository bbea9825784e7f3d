import { expect, test } from "vitest";
import { runActionProcess } from "../../shared/test/action-process.ts";
import { localServer, stsCredentials, stsError, unsignedToken } from "../../shared/test/local-server.ts";

const role = "arn:aws:iam::123456789012:role/activity-plan-stage";
const inputs = { "role-to-assume": role, region: "eu-west-1" };
const secrets = ["ASIAEXAMPLEEXAMPLE00", "the-secret-access-key", "the-session-token", unsignedToken()];

async function aws(answer = stsCredentials(new Date("2026-11-22T13:00:00Z"))) {
  const tokens = await localServer(() => ({ body: JSON.stringify({ value: unsignedToken() }) }));
  const sts = await localServer(() => answer);
  return {
    sts,
    env: {
      ACTIONS_ID_TOKEN_REQUEST_URL: tokens.url,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: "request-token",
      AWS_ENDPOINT_URL_STS: sts.url,
      GITHUB_REPOSITORY: "acme/data-platform",
      GITHUB_RUN_ID: "77",
      GITHUB_JOB: "plan",
    },
  };
}

/** The log without the commands that tell the runner what to hide. */
const visible = (log: string) => log.replace(/^::add-mask::.*$/gm, "");

test("exports masked credentials to the later steps, and its post step takes them out again", async () => {
  const { env, sts } = await aws();
  const main = await runActionProcess("assume-role", inputs, env);
  expect(main).toMatchObject({ code: 0 });
  expect(main.outputs).toEqual({ account: "123456789012", "expires-at": "2026-11-22T13:00:00.000Z" });
  expect(main.exported).toEqual({
    AWS_ACCESS_KEY_ID: "ASIAEXAMPLEEXAMPLE00",
    AWS_SECRET_ACCESS_KEY: "the-secret-access-key",
    AWS_SESSION_TOKEN: "the-session-token",
    AWS_REGION: "eu-west-1",
    AWS_DEFAULT_REGION: "eu-west-1",
  });
  for (const secret of secrets) {
    expect(main.log).toContain(`::add-mask::${secret}`);
    expect(visible(main.log)).not.toContain(secret);
  }
  expect(sts.received[0]?.form.get("RoleSessionName")).toBe("acme-data-platform-77-plan");

  const states = Object.fromEntries(
    Object.entries(main.state).map(([name, value]) => [`STATE_${name}`, value]),
  );
  const post = await runActionProcess("assume-role", inputs, { ...env, ...states, ...main.exported });
  expect(post).toMatchObject({ code: 0 });
  expect(post.exported).toEqual(Object.fromEntries(Object.keys(main.exported).map((name) => [name, ""])));
  const others = { ...env, ...states, ...main.exported, AWS_ACCESS_KEY_ID: "ANOTHERSTEPS" };
  expect((await runActionProcess("assume-role", inputs, others)).exported).toEqual({});
  expect(sts.received).toHaveLength(1);
});

test("with export false the credentials are outputs and nothing else", async () => {
  const { env } = await aws();
  const { outputs, exported } = await runActionProcess("assume-role", { ...inputs, export: "false" }, env);
  expect(exported).toEqual({});
  expect(outputs).toMatchObject({
    "access-key-id": secrets[0],
    "secret-access-key": secrets[1],
    "session-token": secrets[2],
  });
});

test("a job without the permission fails at once and is told which one", async () => {
  const { code, log, milliseconds, state } = await runActionProcess("assume-role", inputs);
  expect(code).toBe(1);
  expect(log).toMatch(/^::error::.*permissions: id-token: write/m);
  expect(milliseconds).toBeLessThan(3_000);
  const post = await runActionProcess("assume-role", inputs, { STATE_started: state["started"] ?? "" });
  expect(post).toMatchObject({ code: 0 });
});

test("a refusal shows role and claims, never the token", async () => {
  const { env } = await aws(
    stsError(400, "InvalidIdentityToken", "No OpenIDConnect provider found in your account"),
  );
  const { code, log, exported } = await runActionProcess("assume-role", inputs, env);
  expect(code).toBe(1);
  expect(visible(log)).toContain("sub: repo:acme/data-platform:environment:stage");
  expect(visible(log)).toContain(role);
  expect(visible(log)).not.toContain(unsignedToken());
  expect(exported).toEqual({});
});

test.each<[string, Record<string, string>, string]>([
  ["an STS ARN", { "role-to-assume": "arn:aws:sts::123456789012:assumed-role/x/y" }, "role-to-assume"],
  ["no role", { "role-to-assume": "" }, "role-to-assume"],
  ["a short account", { "role-to-assume": "arn:aws:iam::1234:role/x" }, "role-to-assume"],
  ["a host as region", { region: "https://evil" }, "region"],
  ["an upper-case region", { region: "EU-WEST-1" }, "region"],
  ["too short a duration", { "duration-seconds": "899" }, "duration-seconds"],
  ["too long a duration", { "duration-seconds": "43201" }, "duration-seconds"],
  ["a duration in hours", { "duration-seconds": "1h" }, "duration-seconds"],
  ["yes for true", { export: "yes" }, "export"],
  ["a policy that is no JSON", { "session-policy": "{" }, "session-policy"],
  ["a policy beyond AWS's limit", { "session-policy": `{"a":"${"x".repeat(2048)}"}` }, "session-policy"],
])("refuses %s before it asks anybody, by the name of the input", async (_, wrong, name) => {
  const { env, sts } = await aws();
  const { code, log } = await runActionProcess("assume-role", { ...inputs, ...wrong }, env);
  expect(code).toBe(1);
  expect(log).toMatch(new RegExp(`^::error::input "${name}": `, "m"));
  expect(sts.received).toHaveLength(0);
});
