import {
  CreateSecretCommand,
  SecretsManagerClient,
  UpdateSecretCommand,
} from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, expect, test } from "vitest";
import { serve } from "../../test/http-server.ts";
import { type MotoServer, startMoto } from "../../test/moto-server.ts";
import { githubEvents } from "../src/events-source.ts";
import { secretToken } from "../src/token.ts";

let moto: MotoServer;
let client: SecretsManagerClient;

beforeAll(async () => {
  moto = await startMoto();
  client = new SecretsManagerClient({
    endpoint: moto.url,
    region: "eu-west-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
}, 60_000);
afterAll(async () => {
  client.destroy();
  await moto[Symbol.asyncDispose]();
});

async function secret(name: string, SecretString: string): Promise<string> {
  return (await client.send(new CreateSecretCommand({ Name: name, SecretString }))).ARN ?? "";
}

test("the token is read once in a while, and sent to GitHub", async () => {
  const arn = await secret("good", "ghp_abc123\n");
  const readToken = secretToken(client);
  expect(await readToken(arn)).toBe("ghp_abc123");
  await client.send(new UpdateSecretCommand({ SecretId: arn, SecretString: "ghp_other" }));
  const token = await readToken(arn);
  expect(token).toBe("ghp_abc123");
  await using github = await serve((_, response) => response.end("[]"));
  await githubEvents(github.url, { now: () => new Date(), token }).page(1, undefined);
  expect(github.requests[0]?.headers.authorization).toBe("Bearer ghp_abc123");
});

test("without a token none is sent", async () => {
  await using github = await serve((_, response) => response.end("[]"));
  await githubEvents(github.url, { now: () => new Date() }).page(1, undefined);
  expect(github.requests[0]?.headers.authorization).toBeUndefined();
});

test.each([
  ["empty", " "],
  ["of two lines", "ghp_hidden1\nghp_hidden2"],
  ["JSON with spaces", '{"token": "ghp_hidden1"}'],
])("a secret that is %s is refused without a word of what it holds", async (name, content) => {
  const arn = await secret(name.replaceAll(" ", "-"), content);
  const refused = secretToken(client)(arn);
  await expect(refused).rejects.toMatchObject({ name: "TokenError" });
  const error = await refused.catch((thrown: Error) => thrown);
  expect(String(error)).toContain("holds no token");
  expect(JSON.stringify([String(error), error])).not.toContain("hidden");
});

test("a secret that is not there is one clear error", async () => {
  const arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:absent-AbCdEf";
  await expect(secretToken(client)(arn)).rejects.toMatchObject({
    name: "TokenError",
    message: expect.stringMatching(/absent-AbCdEf.* cannot be read \(ResourceNotFoundException\)\. Make it/),
  });
});

test("a token that GitHub refuses is told at once, without the token", async () => {
  await using github = await serve((_, response) => response.writeHead(401).end("{}"));
  const refused = githubEvents(github.url, { now: () => new Date(), token: "ghp_hidden1" }).page(
    1,
    undefined,
  );
  await expect(refused).rejects.toMatchObject({ name: "TokenError" });
  await expect(refused).rejects.not.toThrow("hidden");
});
