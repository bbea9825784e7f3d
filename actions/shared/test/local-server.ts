import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";

export interface Answer {
  readonly status?: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** hang: never answered; reset: the socket is closed; cut: closed in the middle of the body. */
  readonly fault?: "hang" | "reset" | "cut";
}

export interface Received {
  readonly url: URL;
  readonly headers: IncomingMessage["headers"];
  readonly form: URLSearchParams;
  readonly method: string;
  readonly body: string;
}

/** A server on loopback for one test. `answer` gets every request, and its number counted from 1. */
export async function localServer(answer: (request: Received, count: number) => Answer) {
  const received: Received[] = [];
  const serve = async (message: IncomingMessage, response: ServerResponse) => {
    const url = new URL(message.url ?? "/", "http://127.0.0.1");
    const body = await text(message);
    const { headers, method = "GET" } = message;
    const request = { url, headers, method, body, form: new URLSearchParams(body) };
    received.push(request);
    respond(response, answer(request, received.length));
  };
  const server = createServer((message, response) => {
    serve(message, response).catch((error: Error) => response.destroy(error));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

function respond(response: ServerResponse, { status = 200, body = "", headers = {}, fault }: Answer): void {
  if (fault === "hang") return;
  if (fault === "reset") {
    response.destroy();
    return;
  }
  if (fault === "cut") {
    response.writeHead(status, { ...headers, "content-length": String(Buffer.byteLength(body) + 100) });
    response.write(body, () => response.destroy());
    return;
  }
  response.writeHead(status, headers).end(body);
}

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

export const claims = {
  iss: "https://token.actions.githubusercontent.com",
  sub: "repo:acme/data-platform:environment:stage",
  aud: "sts.amazonaws.com",
  environment: "stage",
  job_workflow_ref: "acme/data-platform/.github/workflows/deploy.yml@refs/heads/main",
};

/** A token that nobody signed. */
export function unsignedToken(number = 1): string {
  return `${encoded({ alg: "RS256" })}.${encoded({ ...claims, jti: String(number) })}.signature${number}`;
}

/** What STS answers to AssumeRoleWithWebIdentity. */
export function stsCredentials(expires = new Date(Date.now() + 3_600_000)): Answer {
  return xml(
    200,
    `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
    <AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIAEXAMPLEEXAMPLE00</AccessKeyId>
    <SecretAccessKey>the-secret-access-key</SecretAccessKey><SessionToken>the-session-token</SessionToken>
    <Expiration>${expires.toISOString()}</Expiration></Credentials></AssumeRoleWithWebIdentityResult>
    <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></AssumeRoleWithWebIdentityResponse>`,
  );
}

export function stsError(status: number, code: string, message: string): Answer {
  return xml(
    status,
    `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
    <Code>${code}</Code><Message>${message}</Message></Error><RequestId>1</RequestId></ErrorResponse>`,
  );
}

function xml(status: number, body: string): Answer {
  return { status, body, headers: { "content-type": "text/xml" } };
}
