import { mkdirSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { GetObjectCommand, ListMultipartUploadsCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { unzipSync } from "fflate";
import { buildFunctions } from "../../../functions/build.ts";
import { type MotoServer, startMoto } from "../../../functions/test/moto-server.ts";
import { invokeBundle, type Outcome } from "../../src/lambda.ts";
import { machineEnvironment } from "../../src/machine.ts";
import { Processes } from "../../src/processes.ts";

const bucket = "raw-layer";
const table = "hour-manifest";
const region = "eu-west-1";
const credentials = { accessKeyId: "test", secretAccessKey: "test" };

export interface FunctionOptions {
  /** A folder for the built bundle and for the processes. */
  readonly work: string;
  readonly archiveUrl: string;
  /** Where objects go in place of moto, which holds them in memory. */
  readonly s3Url?: string;
}

/** The batch function as it is packed for Lambda, invoked in processes of its own; moto keeps what it writes. */
export class BatchFunction implements AsyncDisposable {
  readonly #processes = new Processes();
  readonly #options: FunctionOptions;
  readonly #bundle: string;
  readonly #moto: MotoServer;
  #queueUrl = "";

  private constructor(options: FunctionOptions, bundle: string, moto: MotoServer) {
    this.#options = options;
    this.#bundle = bundle;
    this.#moto = moto;
  }

  static async start(options: FunctionOptions): Promise<BatchFunction> {
    const folder = join(options.work, "function");
    mkdirSync(join(folder, "home"), { recursive: true });
    const moto = await startMoto();
    const started = new BatchFunction(options, join(folder, "index.mjs"), moto);
    try {
      const built = await buildFunctions(join(folder, "packages"));
      const zip = built.find(({ name }) => name === "ingestion-batch-layer")?.zip ?? "";
      for (const [file, content] of Object.entries(unzipSync(await readFile(zip))))
        await writeFile(join(folder, file), content);
      await moto.createBucket(bucket);
      await moto.createManifest(table);
      started.#queueUrl = await moto.createQueue("hours");
    } catch (error) {
      await started[Symbol.asyncDispose]();
      throw error;
    }
    return started;
  }

  invoke(event: unknown): Promise<Outcome> {
    const folder = join(this.#options.work, "function");
    return invokeBundle(this.#processes, {
      bundle: this.#bundle,
      event,
      cwd: folder,
      env: {
        ...machineEnvironment(folder, process.env),
        TMPDIR: folder,
        RAW_BUCKET: bucket,
        MANIFEST_TABLE: table,
        QUEUE_URL: this.#queueUrl,
        ARCHIVE_URL: this.#options.archiveUrl,
        AWS_ENDPOINT_URL: this.#moto.url,
        ...(this.#options.s3Url === undefined ? {} : { AWS_ENDPOINT_URL_S3: this.#options.s3Url }),
        AWS_REGION: region,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      },
    });
  }

  /** Keys of the objects that landed. */
  async landed(): Promise<string[]> {
    const { Contents = [] } = await this.#moto.s3.send(new ListObjectsV2Command({ Bucket: bucket }));
    return Contents.flatMap(({ Key }) => Key ?? []);
  }

  async unfinishedUploads(): Promise<number> {
    const { Uploads = [] } = await this.#moto.s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
    return Uploads.length;
  }

  async read(key: string): Promise<Uint8Array> {
    const { Body } = await this.#moto.s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return (await Body?.transformToByteArray()) ?? new Uint8Array();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#processes.endAll();
    await this.#moto[Symbol.asyncDispose]();
  }
}
