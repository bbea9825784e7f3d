import { describe, expect, test } from "vitest";
import { parseStackMap, type Stack } from "../src/contracts/stack-map.ts";
import {
  errorHeadlines,
  initArgs,
  isTransientInitFault,
  planArgs,
  terraformEnvironment,
  verifyBackend,
} from "../src/terraform.ts";
import { stackMapText } from "./deployment.ts";

function stack(rest = ""): Stack {
  const found = parseStackMap(stackMapText({ stacks: { app: rest } }), "stacks.yml").stacks.get("app");
  if (found === undefined) throw new Error("no stack");
  return found;
}

test("a plan takes no lock unless it is told how long to wait for one", () => {
  const options = { operation: "apply", planFile: "/tmp/plan.bin", lockTimeoutSeconds: undefined } as const;
  expect(planArgs(stack("    var-files: [a.tfvars]\n"), options)).toEqual([
    "plan",
    "-input=false",
    "-no-color",
    "-detailed-exitcode",
    "-lock=false",
    "-out=/tmp/plan.bin",
    "-var-file=a.tfvars",
  ]);
  const destroy = planArgs(stack(), { ...options, operation: "destroy", lockTimeoutSeconds: 30 });
  expect(destroy).toContain("-lock-timeout=30s");
  expect(destroy).toContain("-destroy");
  expect(destroy).not.toContain("-lock=false");
});

test("the provider lock file is read-only where there is one", () => {
  const settings = stack("    backend-config: ['key=a b', 'x.conf']\n");
  expect(initArgs(settings, { lockFile: true })).toEqual([
    "init",
    "-input=false",
    "-no-color",
    "-lockfile=readonly",
    "-backend-config=key=a b",
    "-backend-config=x.conf",
  ]);
  expect(initArgs(settings, { lockFile: false })).not.toContain("-lockfile=readonly");
});

describe("the environment that Terraform gets", () => {
  const ambient = {
    PATH: "/bin",
    https_proxy: "http://proxy",
    SSL_CERT_FILE: "/ca.pem",
    AWS_ENDPOINT_URL_S3: "http://127.0.0.1:1",
    GITHUB_TOKEN: "token",
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: "token",
    ACTIONS_RUNTIME_TOKEN: "token",
    INPUT_CONFIRM: "app",
    TF_VAR_size: "3",
    TF_VAR_other: "4",
    TF_LOG: "TRACE",
    TF_CLI_ARGS: "-lock=true",
    AWS_ACCESS_KEY_ID: "ambient",
    AWS_PROFILE: "ambient",
  };
  const credentials = { AWS_ACCESS_KEY_ID: "own", AWS_SECRET_ACCESS_KEY: "own", AWS_REGION: "eu-west-1" };
  const named = stack("    env: [TF_VAR_size]\n    workspace: blue\n");

  test("holds what is listed, what the stack names and its own credentials, and no token", () => {
    const env = terraformEnvironment(named, { ambient, credentials, dataFolder: "/tmp/data" });
    expect(Object.keys(env).sort()).toEqual([
      "AWS_ACCESS_KEY_ID",
      "AWS_DEFAULT_REGION",
      "AWS_ENDPOINT_URL_S3",
      "AWS_REGION",
      "AWS_SECRET_ACCESS_KEY",
      "CHECKPOINT_DISABLE",
      "GOGC",
      "PATH",
      "SSL_CERT_FILE",
      "TF_DATA_DIR",
      "TF_INPUT",
      "TF_IN_AUTOMATION",
      "TF_VAR_size",
      "TF_WORKSPACE",
      "https_proxy",
    ]);
    expect(env).toMatchObject({ AWS_ACCESS_KEY_ID: "own", TF_WORKSPACE: "blue" });
  });

  test("holds the job's own credentials only where the stack has none", () => {
    const env = terraformEnvironment(named, { ambient, credentials: undefined, dataFolder: "/tmp/data" });
    expect(env).toMatchObject({
      AWS_ACCESS_KEY_ID: "ambient",
      AWS_PROFILE: "ambient",
      AWS_REGION: "eu-west-1",
    });
  });
});

describe("the backend that init found", () => {
  const found = (config: object, type = "s3") => JSON.stringify({ version: 3, backend: { type, config } });
  const right = { bucket: "state", key: "app/terraform.tfstate" };

  test("is accepted when it is the map's", () => {
    expect(() => verifyBackend(stack(), found({ ...right, workspace_key_prefix: null }))).not.toThrow();
  });

  const cases: [string, string | undefined, RegExp][] = [
    ["another bucket", found({ ...right, bucket: "other" }), /its bucket is "other"/],
    ["another key", found({ ...right, key: "other" }), /its key is "other"/],
    ["another place for workspaces", found({ ...right, workspace_key_prefix: "ws" }), /workspace_key_prefix/],
    [
      "a lock table that the map does not know",
      found({ ...right, dynamodb_table: "locks" }),
      /its lock table is "locks", the stack map says none/,
    ],
    ["another kind of backend", found(right, "gcs"), /its backend is "gcs"/],
    ["none", undefined, /it has no backend/],
  ];
  test.each(cases)("is refused when it is %s", (_name, text, message) => {
    expect(() => verifyBackend(stack(), text)).toThrow(message);
  });
});

test("only the headlines of errors are taken, each once and without secrets", () => {
  const stderr =
    "\nError: Bad value\n\n  on main.tf line 3\n  password is hunter2\n\nError: Bad value\n\n╷\n│ Error: Other hunter2\n╵\n";
  expect(errorHeadlines(stderr, ["hunter2"])).toEqual(["Bad value", "Other (sensitive value)"]);
});

test("a registry's bad moment is told from other faults", () => {
  expect(
    isTransientInitFault("could not query provider registry: the request failed: 503 Service Unavailable"),
  ).toBe(true);
  expect(isTransientInitFault("net/http: TLS handshake timeout")).toBe(true);
  expect(isTransientInitFault("no available releases match the given constraints 5.500.0")).toBe(false);
});
