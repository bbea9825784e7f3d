import {
  type BucketVersioningStatus,
  GetBucketVersioningCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { z } from "zod";
import { administrator } from "./servers/aws-front.ts";

export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  readonly modified: string;
}

export interface StateObject extends StoredObject {
  readonly versionId: string;
  readonly serial: number;
  readonly lineage: string;
  readonly resources: number;
}

const stateSchema = z.object({ serial: z.number(), lineage: z.string(), resources: z.array(z.unknown()) });

/** The account seen by its administrator: what the steps check, and what the report shows. */
export class Account {
  readonly #url: string;
  readonly #region: string;
  readonly #s3: S3Client;

  constructor(url: string, region: string) {
    this.#url = url;
    this.#region = region;
    this.#s3 = new S3Client({ endpoint: url, region, credentials: administrator, forcePathStyle: true });
  }

  close(): void {
    this.#s3.destroy();
  }

  async list(bucket: string, prefix = ""): Promise<StoredObject[]> {
    const found: StoredObject[] = [];
    for (let token: string | undefined; ; ) {
      const page = await this.#s3.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token }),
      );
      for (const { Key = "", Size = 0, LastModified } of page.Contents ?? [])
        found.push({ key: Key, bytes: Size, modified: LastModified?.toISOString() ?? "" });
      token = page.NextContinuationToken;
      if (token === undefined) return found;
    }
  }

  async read(bucket: string, key: string): Promise<string> {
    return new TextDecoder().decode(await this.bytes(bucket, key));
  }

  async bytes(bucket: string, key: string): Promise<Uint8Array> {
    const { Body } = await this.#s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return (await Body?.transformToByteArray()) ?? new Uint8Array();
  }

  async versioning(bucket: string): Promise<BucketVersioningStatus | undefined> {
    return (await this.#s3.send(new GetBucketVersioningCommand({ Bucket: bucket }))).Status;
  }

  async setVersioning(bucket: string, Status: BucketVersioningStatus): Promise<void> {
    await this.#s3.send(
      new PutBucketVersioningCommand({ Bucket: bucket, VersioningConfiguration: { Status } }),
    );
  }

  /** Every state object with its current version. */
  async states(bucket: string): Promise<StateObject[]> {
    const { Versions = [] } = await this.#s3.send(new ListObjectVersionsCommand({ Bucket: bucket }));
    const latest = Versions.filter(
      ({ Key, IsLatest }) => IsLatest === true && Key?.endsWith("/terraform.tfstate") === true,
    );
    const states = latest.map(async ({ Key = "", VersionId = "", Size = 0, LastModified }) => {
      const { serial, lineage, resources } = stateSchema.parse(JSON.parse(await this.read(bucket, Key)));
      const modified = LastModified?.toISOString() ?? "";
      return {
        key: Key,
        versionId: VersionId,
        bytes: Size,
        modified,
        serial,
        lineage,
        resources: resources.length,
      };
    });
    return (await Promise.all(states)).sort((a, b) => a.key.localeCompare(b.key));
  }

  /** A call in the JSON protocol, for services whose client is not worth a dependency. */
  async json(service: string, target: string, body: unknown): Promise<unknown> {
    return this.#call(service, "/", {
      method: "POST",
      headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": target },
      body: JSON.stringify(body),
    });
  }

  async get(service: string, path: string): Promise<unknown> {
    return this.#call(service, path, { headers: {} });
  }

  async #call(
    service: string,
    path: string,
    init: { readonly method?: string; readonly headers: Record<string, string>; readonly body?: string },
  ): Promise<unknown> {
    const scope = `${administrator.accessKeyId}/20260101/${this.#region}/${service}/aws4_request`;
    const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=none`;
    const response = await fetch(`${this.#url}${path}`, {
      ...init,
      headers: { ...init.headers, authorization },
    });
    const text = await response.text();
    if (!response.ok)
      throw new Error(`${service} ${path} answered ${response.status}: ${text.slice(0, 500)}`);
    return JSON.parse(text);
  }
}
