import { type IncomingMessage, type ServerResponse, request as send } from "node:http";
import { type Caller, isAllowed } from "./aws/authorize.ts";
import { IamReader } from "./aws/iam-reader.ts";
import { type KeptAnswer, KeptHere } from "./aws/kept-here.ts";
import { type AwsCall, type Permission, permission } from "./aws/permission.ts";
import { permissionsOf } from "./aws/service-permissions.ts";
import { createWebIdentityCheck, IdentityRefused } from "./aws/web-identity.ts";
import { type HttpServer, listen, readBody } from "./http-server.ts";
import { githubIssuer } from "./oidc-issuer.ts";

/** The key of the account's administrator, who bootstraps it: allowed everything. */
export const administrator = {
  accessKeyId: "AKIAREHEARSALADMIN00",
  secretAccessKey: "rehearsal-administrator",
};

export interface Denial {
  readonly caller: string;
  readonly action: string;
  readonly resource: string;
}

export interface AwsFront extends HttpServer {
  readonly denials: readonly Denial[];
  /** Calls allowed so far, by role. */
  readonly calls: ReadonlyMap<string, number>;
  /** Credentials of a role without its trust policy: as a service gets them that the role is made for. */
  serviceSession(
    roleArn: string,
  ): Promise<{ accessKeyId: string; secretAccessKey: string; sessionToken: string }>;
}

export interface AwsFrontOptions {
  readonly motoUrl: string;
  readonly account: string;
  readonly issuerUrl: string;
}

interface Front {
  readonly options: AwsFrontOptions;
  readonly iam: IamReader;
  readonly kept: KeptHere;
  readonly sessions: Map<string, Caller>;
  readonly denials: Denial[];
  readonly calls: Map<string, number>;
  readonly identify: ReturnType<typeof createWebIdentityCheck>;
}

/**
 * What stands before moto: STS verifies web identity tokens and trust policies, and every call is held to
 * the caller's policies. moto's own enforcement knows no resources outside S3, no conditions and no session
 * policies, so it stays off; signatures are not verified, since everything is on the loopback.
 */
export async function startAwsFront(options: AwsFrontOptions): Promise<AwsFront> {
  const iam = new IamReader(options.motoUrl);
  const keysUrl = `${options.issuerUrl}/.well-known/jwks`;
  const front: Front = {
    options,
    iam,
    kept: new KeptHere(),
    sessions: new Map(),
    denials: [],
    calls: new Map(),
    identify: createWebIdentityCheck({ iam, account: options.account, issuer: githubIssuer, keysUrl }),
  };
  const server = await listen((request, response) => serve(request, response, front));
  return {
    ...server,
    denials: front.denials,
    calls: front.calls,
    serviceSession: async (roleArn) => {
      const query = {
        Action: "AssumeRole",
        Version: "2011-06-15",
        RoleArn: roleArn,
        RoleSessionName: "service",
      };
      const body = new URLSearchParams(query).toString();
      const answer = await fetch(options.motoUrl, { method: "POST", headers: formHeaders("sts"), body });
      const role = await iam.role(roleArn);
      if (role === undefined) throw new Error(`there is no role ${roleArn}`);
      return remember(await answer.text(), { role, sessionPolicy: undefined }, front);
    },
  };
}

function formHeaders(service: string): Record<string, string> {
  return {
    "content-type": "application/x-www-form-urlencoded; charset=utf-8",
    authorization: `AWS4-HMAC-SHA256 Credential=front/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=none`,
  };
}

async function serve(request: IncomingMessage, response: ServerResponse, front: Front): Promise<void> {
  const url = new URL(request.url ?? "/", "http://127.0.0.1");
  const scope = /Credential=([^/]+)\/\d+\/([^/]+)\/([^/]+)\//.exec(request.headers.authorization ?? "");
  const [, keyId, region = "us-east-1", service = ""] = scope ?? [];
  const streamed = service === "s3" && !(request.method === "POST" && url.searchParams.has("delete"));
  const body = streamed ? undefined : await readBody(request);
  const text = body?.toString("utf8") ?? "";
  if (keyId === undefined) return anonymous(text, response, front);
  const call: AwsCall = {
    service,
    region,
    account: front.options.account,
    method: request.method ?? "GET",
    url,
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, value?.toString()]),
    ),
    body: text,
  };
  const trusted = keyId === administrator.accessKeyId;
  const caller = trusted ? undefined : await callerOf(keyId, request, front);
  const denied = trusted ? undefined : await judge(call, caller, front);
  if (denied !== undefined) return deny(call, denied, { request, response, front });
  const kept = front.kept.answer(call);
  if (kept !== undefined) return sendKept(response, kept);
  if (service === "iam" && !/Action=(Get|List)/.test(text)) response.once("finish", () => front.iam.forget());
  forward(request, body, { response, front, hide: await hidesAbsence(call, caller, front) });
}

/**
 * S3 tells who may not list a bucket that an absent object is forbidden, not that it is absent. It asks
 * without a prefix, so a right to list that depends on one does not count.
 */
async function hidesAbsence(call: AwsCall, caller: Caller | undefined, front: Front): Promise<boolean> {
  const [bucket = "", key = ""] = call.url.pathname.slice(1).split(/\/(.*)/);
  const reads = call.service === "s3" && ["GET", "HEAD"].includes(call.method) && key !== "";
  if (!reads || caller === undefined) return false;
  return (
    (await refusedOf([permission("s3:ListBucket", `arn:aws:s3:::${bucket}`)], caller, front)) !== undefined
  );
}

interface Refusal {
  readonly caller: string;
  readonly needed: Permission;
}

/** Who calls, with the role as it is now: what changed in IAM since it was assumed counts. */
async function callerOf(keyId: string, request: IncomingMessage, front: Front): Promise<Caller | undefined> {
  const session = front.sessions.get(`${keyId} ${request.headers["x-amz-security-token"]?.toString() ?? ""}`);
  const role = session === undefined ? undefined : await front.iam.role(session.role.arn);
  return session === undefined || role === undefined ? undefined : { ...session, role };
}

/** Undefined when the call is allowed. */
async function judge(call: AwsCall, caller: Caller | undefined, front: Front): Promise<Refusal | undefined> {
  const unknown = { action: `${call.service}:?`, resource: "*", context: {} };
  if (caller === undefined) return { caller: "nobody (unknown credentials)", needed: unknown };
  const refused = await refusedOf(permissionsOf(call), caller, front);
  if (refused !== undefined) return { caller: caller.arn, needed: refused };
  const name = caller.role.arn.split("/").at(-1) ?? caller.role.arn;
  front.calls.set(name, (front.calls.get(name) ?? 0) + 1);
  return undefined;
}

/** The first of these permissions that the caller does not have. */
async function refusedOf(
  permissions: readonly Permission[],
  caller: Caller,
  front: Front,
): Promise<Permission | undefined> {
  for (const needed of permissions)
    if (!(await isAllowed(caller, await withBoundary(needed, front.iam)))) return needed;
  return undefined;
}

/** For a call on a role that exists, IAM's boundary key is the boundary that the role has. */
async function withBoundary(needed: Permission, iam: IamReader): Promise<Permission> {
  const key = "iam:PermissionsBoundary";
  if (!/^iam:.*Role/.test(needed.action) || !needed.resource.includes(":role/") || key in needed.context)
    return needed;
  const boundary = (await iam.role(needed.resource))?.boundaries[0]?.name;
  return boundary === undefined ? needed : { ...needed, context: { ...needed.context, [key]: boundary } };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly front: Front;
}

function deny(call: AwsCall, { caller, needed }: Refusal, { request, response, front }: Exchange): void {
  front.denials.push({ caller, action: needed.action, resource: needed.resource });
  const message = `User: ${caller} is not authorized to perform: ${needed.action} on resource: ${needed.resource} because no policy allows it`;
  request.resume();
  if (call.service === "s3")
    return sendXml(response, 403, `<Error><Code>AccessDenied</Code><Message>${message}</Message></Error>`);
  if (call.service === "iam" || call.service === "sts")
    return sendFault(response, 403, "AccessDenied", message);
  response.writeHead(400, {
    "content-type": "application/x-amz-json-1.1",
    "x-amzn-errortype": "AccessDeniedException",
  });
  response.end(JSON.stringify({ __type: "AccessDeniedException", message, Message: message }));
}

function sendKept(response: ServerResponse, { status, body, fault }: KeptAnswer): void {
  response.writeHead(status, {
    "content-type": "application/x-amz-json-1.1",
    ...(fault === undefined ? {} : { "x-amzn-errortype": fault }),
  });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

function sendXml(response: ServerResponse, status: number, body: string): void {
  response
    .writeHead(status, { "content-type": "text/xml" })
    .end(`<?xml version="1.0" encoding="UTF-8"?>\n${body}`);
}

function sendFault(response: ServerResponse, status: number, code: string, message: string): void {
  sendXml(
    response,
    status,
    `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
  );
}

/** The only call without a signature: a token against credentials. */
async function anonymous(body: string, response: ServerResponse, front: Front): Promise<void> {
  const form = new URLSearchParams(body);
  if (form.get("Action") !== "AssumeRoleWithWebIdentity")
    return sendFault(response, 403, "MissingAuthenticationToken", "Request is missing Authentication Token");
  try {
    const { role } = await front.identify(form.get("WebIdentityToken") ?? "", form.get("RoleArn") ?? "");
    const sessionPolicy = form.has("Policy") ? JSON.parse(form.get("Policy") ?? "{}") : undefined;
    const answer = await fetch(front.options.motoUrl, { method: "POST", headers: formHeaders("sts"), body });
    const text = await answer.text();
    if (answer.ok) remember(text, { role, sessionPolicy }, front);
    response.writeHead(answer.status, { "content-type": "text/xml" }).end(text);
  } catch (error) {
    if (!(error instanceof IdentityRefused)) throw error;
    front.denials.push({
      caller: "token",
      action: "sts:AssumeRoleWithWebIdentity",
      resource: form.get("RoleArn") ?? "",
    });
    sendFault(response, error.code === "AccessDenied" ? 403 : 400, error.code, error.message);
  }
}

function remember(
  xml: string,
  session: Pick<Caller, "role" | "sessionPolicy">,
  { sessions }: Front,
): Awaited<ReturnType<AwsFront["serviceSession"]>> {
  const field = (name: string): string => new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1] ?? "";
  const credentials = {
    accessKeyId: field("AccessKeyId"),
    secretAccessKey: field("SecretAccessKey"),
    sessionToken: field("SessionToken"),
  };
  if (credentials.accessKeyId === "") throw new Error(`moto gave no credentials: ${xml.slice(0, 300)}`);
  sessions.set(`${credentials.accessKeyId} ${credentials.sessionToken}`, { ...session, arn: field("Arn") });
  return credentials;
}

interface Forwarding extends Pick<Exchange, "response" | "front"> {
  readonly hide: boolean;
}

function forward(
  request: IncomingMessage,
  body: Buffer | undefined,
  { response, front, hide }: Forwarding,
): void {
  const { hostname, port } = new URL(front.options.motoUrl);
  const onward = send(
    { hostname, port, method: request.method, path: request.url, headers: request.headers },
    (answer) => {
      if (hide && answer.statusCode === 404) {
        answer.resume();
        return sendXml(
          response,
          403,
          "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>",
        );
      }
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  onward.on("error", (error) => {
    if (response.headersSent) response.destroy(error);
    else sendFault(response, 502, "InternalFailure", error.message);
  });
  response.on("close", () => onward.destroy());
  if (body === undefined) request.pipe(onward);
  else onward.end(body);
}
