import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { openObjectStore } from "../src/adapters/s3-object-store.ts";
import type { ObjectStore } from "../src/ports/object-store.ts";
import { localServer } from "./local-server.ts";
import { type MotoServer, startMoto } from "./moto-server.ts";

const bucket = "records";
const region = "eu-west-1";
let moto: MotoServer;

beforeAll(async () => {
  moto = await startMoto();
  useEndpoint(moto.url);
  const create = { Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: region } } as const;
  await new S3Client({ region }).send(new CreateBucketCommand(create));
});
afterAll(() => moto.stop());
beforeEach(() => useEndpoint(moto.url));

function useEndpoint(url: string): void {
  for (const [name, value] of Object.entries({ ...moto.env, AWS_ENDPOINT_URL: url })) vi.stubEnv(name, value);
}

const open = (): Promise<ObjectStore> => openObjectStore({ bucket, region });

test("what is written is read back; what is not there is undefined", async () => {
  const store = await open();
  expect(await store.read("a/none.json")).toBeUndefined();
  expect(await store.write("a/one.json", '{"größe":1}', "always")).toBe(true);
  expect((await store.read("a/one.json"))?.body).toBe('{"größe":1}');
});

test("a first write is refused when there is an object, a later one when it is another object", async () => {
  const store = await open();
  expect(await store.write("marker", "1", { ifMatch: undefined })).toBe(true);
  expect(await store.write("marker", "2", { ifMatch: undefined })).toBe(false);
  const first = await store.read("marker");
  expect(await store.write("marker", "2", { ifMatch: first?.etag })).toBe(true);
  expect(await store.write("marker", "3", { ifMatch: first?.etag })).toBe(false);
  expect((await store.read("marker"))?.body).toBe("2");
});

test("of many that write at once, exactly one wins", async () => {
  const stores = await Promise.all(Array.from({ length: 8 }, open));
  const won = await Promise.all(
    stores.map((store, at) => store.write("race", `${at}`, { ifMatch: undefined })),
  );
  expect(won.filter(Boolean)).toHaveLength(1);
  expect((await (await open()).read("race"))?.body).toBe(`${won.indexOf(true)}`);
});

test("a list has every page and nothing beside the prefix", async () => {
  const store = await open();
  const keys = Array.from({ length: 1003 }, (_, at) => `many/${String(at).padStart(4, "0")}`);
  for (let at = 0; at < keys.length; at += 50)
    await Promise.all(keys.slice(at, at + 50).map((key) => store.write(key, "x", "always")));
  await store.write("manyother", "x", "always");
  expect(await store.list("many/")).toEqual(keys);
});

test("a bucket that is not there is an error that names it, never an absent object", async () => {
  const store = await openObjectStore({ bucket: "no-such-bucket", region });
  const attempts = [() => store.read("k"), () => store.list("k"), () => store.write("k", "x", "always")];
  for (const attempt of attempts)
    await expect(attempt()).rejects.toThrow(/s3:\/\/no-such-bucket\/k.*NoSuchBucket/);
});

const s3Error = (status: number, code: string) => ({
  status,
  body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`,
  headers: { "content-type": "application/xml" },
});

test("no access is an error, never an absent object", async () => {
  useEndpoint((await localServer(() => s3Error(403, "AccessDenied"))).url);
  await expect((await open()).read("k")).rejects.toThrow(/AccessDenied.*HTTP 403/);
});

test("a write whose answer was lost, and whose repetition finds it done, counts as done", async () => {
  const body = '{"mine":true}';
  const lost = (theirs: string) =>
    localServer(({ headers }, count) => {
      if (count === 1) return { fault: "reset" };
      if (headers["if-none-match"] === "*") return s3Error(412, "PreconditionFailed");
      return { body: theirs, headers: { etag: '"1"' } };
    });
  useEndpoint((await lost(body)).url);
  expect(await (await open()).write("k", body, { ifMatch: undefined })).toBe(true);
  useEndpoint((await lost("another's")).url);
  expect(await (await open()).write("k", body, { ifMatch: undefined })).toBe(false);
});

test("a conflict with a concurrent write is tried again", async () => {
  const server = await localServer((_, count) =>
    count === 1 ? s3Error(409, "ConditionalRequestConflict") : { headers: { etag: '"1"' } },
  );
  useEndpoint(server.url);
  expect(await (await open()).write("k", "x", { ifMatch: undefined })).toBe(true);
  expect(server.received).toHaveLength(2);
});
