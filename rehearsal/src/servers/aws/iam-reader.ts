import { z } from "zod";

export interface Policy {
  readonly name: string;
  readonly policy: unknown;
}

export interface Role {
  readonly arn: string;
  readonly trust: unknown;
  readonly policies: readonly Policy[];
  readonly boundaries: readonly Policy[];
}

const document = z.record(z.string(), z.unknown());

/** Reads roles and their policies out of moto, as what authorization goes by. */
export class IamReader {
  readonly #url: string;
  readonly #roles = new Map<string, Promise<Role | undefined>>();

  constructor(url: string) {
    this.#url = url;
  }

  /** Undefined when there is no such role. */
  role(arn: string): Promise<Role | undefined> {
    const known = this.#roles.get(arn) ?? this.#read(arn);
    this.#roles.set(arn, known);
    return known;
  }

  /** To be called when anything in IAM changed. */
  forget(): void {
    this.#roles.clear();
  }

  async #read(arn: string): Promise<Role | undefined> {
    const RoleName = arn.split("/").at(-1) ?? "";
    const role = await this.#call("GetRole", { RoleName });
    if (role === undefined || tag(role, "Arn") !== arn) return undefined;
    const inline = tags(await this.#need("ListRolePolicies", { RoleName }), "member");
    const attached = tags(await this.#need("ListAttachedRolePolicies", { RoleName }), "PolicyArn");
    const boundary = tag(role, "PermissionsBoundaryArn");
    return {
      arn,
      trust: decode(tag(role, "AssumeRolePolicyDocument") ?? "{}"),
      policies: await Promise.all([
        ...inline.map((name) => this.#inline(RoleName, name)),
        ...attached.map((policy) => this.#managed(policy)),
      ]),
      boundaries: boundary === undefined ? [] : [await this.#managed(boundary)],
    };
  }

  async #inline(RoleName: string, PolicyName: string): Promise<Policy> {
    const answer = await this.#need("GetRolePolicy", { RoleName, PolicyName });
    return { name: PolicyName, policy: decode(tag(answer, "PolicyDocument") ?? "{}") };
  }

  async #managed(PolicyArn: string): Promise<Policy> {
    const version = tag(await this.#need("GetPolicy", { PolicyArn }), "DefaultVersionId") ?? "v1";
    const answer = await this.#need("GetPolicyVersion", { PolicyArn, VersionId: version });
    return { name: PolicyArn, policy: decode(tag(answer, "Document") ?? "{}") };
  }

  async #need(action: string, parameters: Record<string, string>): Promise<string> {
    const answer = await this.#call(action, parameters);
    if (answer === undefined) throw new Error(`moto: ${action} ${JSON.stringify(parameters)} found nothing`);
    return answer;
  }

  async #call(action: string, parameters: Record<string, string>): Promise<string | undefined> {
    const response = await fetch(this.#url, {
      method: "POST",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        authorization:
          "AWS4-HMAC-SHA256 Credential=reader/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=none",
      },
      body: new URLSearchParams({ Action: action, Version: "2010-05-08", ...parameters }).toString(),
    });
    const answer = await response.text();
    if (response.ok) return answer;
    if (answer.includes("NoSuchEntity")) return undefined;
    throw new Error(`moto: ${action} answered ${response.status}: ${answer.slice(0, 500)}`);
  }
}

function tags(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, "g"))].map(([, value = ""]) => value);
}

function tag(xml: string, name: string): string | undefined {
  return tags(xml, name)[0];
}

function decode(text: string): unknown {
  return document.parse(
    JSON.parse(
      decodeURIComponent(text.replaceAll("+", "%20").replaceAll("&quot;", '"').replaceAll("&amp;", "&")),
    ),
  );
}
