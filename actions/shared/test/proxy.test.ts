import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ListBucketsCommand, S3Client } from "@aws-sdk/client-s3";
import { afterEach, beforeEach, expect, it } from "vitest";
import { awsClientConfig } from "../src/adapters/aws-client-config.ts";
import { requestIdToken } from "../src/adapters/oidc-token.ts";

let proxy: Server;
let url: string;
let asked: string[];
const proxySettings = ["HTTPS_PROXY", "NO_PROXY"] as const;
const before = proxySettings.map((name) => [name, process.env[name]] as const);

beforeEach(async () => {
  asked = [];
  proxy = createServer().on("connect", (request, socket) => {
    asked.push(request.url ?? "");
    socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
});

afterEach(() => {
  proxy.close();
  for (const [name, value] of before) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

async function listBuckets(): Promise<void> {
  const credentials = {
    accessKeyId: "a",
    secretAccessKey: "b",
    sessionToken: "c",
    expiresAt: new Date(Date.now() + 60_000),
  };
  const client = new S3Client({ ...awsClientConfig("eu-west-1", credentials), maxAttempts: 1 });
  await client.send(new ListBucketsCommand({})).catch(() => undefined);
  client.destroy();
}

it("sends requests to AWS through the proxy of the environment", async () => {
  process.env["HTTPS_PROXY"] = url;
  await listBuckets();
  expect(asked).toEqual(["s3.eu-west-1.amazonaws.com:443"]);
});

it("leaves out the hosts that need no proxy", async () => {
  process.env["HTTPS_PROXY"] = url;
  process.env["NO_PROXY"] = ".amazonaws.com";
  await listBuckets();
  expect(asked).toEqual([]);
});

it("asks for the job's token through the proxy", async () => {
  const env = {
    HTTPS_PROXY: url,
    ACTIONS_ID_TOKEN_REQUEST_URL: "https://token.invalid/",
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: "secret",
  };
  const clock = { now: () => new Date(), sleep: async () => undefined };
  const nothing = () => undefined;
  const token = requestIdToken("aws", { env, clock, mask: nothing, log: nothing, random: () => 0 });
  await expect(token).rejects.toThrow("no OIDC token");
  expect(new Set(asked)).toEqual(new Set(["token.invalid:443"]));
});
