import { GetObjectCommand, NoSuchKey, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { z } from "zod";
import { s3Status } from "../../shared/s3-status.ts";

/** What one poll leaves for the next. */
const PollState = z.strictObject({
  version: z.literal(1),
  /** Of the first page, as the server sent it. */
  etag: z.string().optional(),
  /** Keys of the events written last, newest at the end. */
  seen: z.array(z.string()),
  nextPollAt: z.iso.datetime(),
  /** The invocation that is polling now, until when, and where alone it writes. */
  claim: z.strictObject({ id: z.string(), until: z.iso.datetime(), key: z.string() }).optional(),
});
export type PollState = z.output<typeof PollState>;

export interface StoredState {
  readonly state: PollState;
  readonly version: string;
}

export interface PollStateStore {
  /** Undefined when nothing was ever polled. Throws when what is stored cannot be read. */
  read(): Promise<StoredState | undefined>;
  /** Replaces exactly the version given (undefined: only when there is none); undefined when another came first. */
  replace(state: PollState, version: string | undefined): Promise<string | undefined>;
}

export const stateKey = "_state/real-time.json";

export function s3PollState(client: S3Client, bucket: string): PollStateStore {
  const object = { Bucket: bucket, Key: stateKey };

  async function load(): Promise<{ readonly text: string; readonly version: string } | undefined> {
    try {
      const { Body, ETag } = await client.send(new GetObjectCommand(object));
      return { text: (await Body?.transformToString()) ?? "", version: z.string().parse(ETag) };
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  }

  return {
    async read() {
      const loaded = await load();
      return loaded && { state: parseState(loaded.text), version: loaded.version };
    },
    async replace(state, version) {
      const condition = version === undefined ? { IfNoneMatch: "*" } : { IfMatch: version };
      const text = JSON.stringify(state);
      try {
        const put = new PutObjectCommand({
          ...object,
          ...condition,
          Body: text,
          ContentType: "application/json",
        });
        return z.string().parse((await client.send(put)).ETag);
      } catch (error) {
        if (s3Status(error) !== 412 && s3Status(error) !== 409) throw error;
      }
      // A write whose answer was lost is repeated by the SDK, and then meets its own object.
      const loaded = await load();
      return loaded?.text === text ? loaded.version : undefined;
    },
  };
}

function parseState(text: string): PollState {
  try {
    return PollState.parse(JSON.parse(text));
  } catch (error) {
    throw new Error(
      `The state in ${stateKey} cannot be read. Delete the object to start afresh; the events of the last minutes are then written again`,
      { cause: error },
    );
  }
}
