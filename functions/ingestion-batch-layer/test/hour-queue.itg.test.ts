import type { IncomingMessage, ServerResponse } from "node:http";
import { SQSClient } from "@aws-sdk/client-sqs";
import { expect, test } from "vitest";
import { readText, serve } from "../../test/http-server.ts";
import { hoursAfter, parseHour } from "../src/archive-hour.ts";
import { sqsHourQueue } from "../src/hour-queue.ts";

/** An SQS that refuses some entries of a request: moto takes every one. */
async function queueThatRefuses(refuses: (hour: string, nth: number) => boolean) {
  const taken: string[] = [];
  const sizes: number[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse, nth: number) => {
    const { Entries } = JSON.parse(await readText(request)) as {
      Entries: { Id: string; MessageBody: string }[];
    };
    sizes.push(Entries.length);
    const hourOf = (body: string) => (JSON.parse(body) as { hour: string }).hour;
    const refused = Entries.filter(({ MessageBody }) => refuses(hourOf(MessageBody), nth));
    const good = Entries.filter((entry) => !refused.includes(entry));
    taken.push(...good.map(({ MessageBody }) => hourOf(MessageBody)));
    response.setHeader("content-type", "application/x-amz-json-1.0").end(
      JSON.stringify({
        Successful: good.map(({ Id }) => ({ Id, MessageId: Id })),
        Failed: refused.map(({ Id }) => ({ Id, Code: "ServiceUnavailable", SenderFault: false })),
      }),
    );
  };
  const server = await serve((request, response, nth) => void answer(request, response, nth));
  const client = new SQSClient({
    endpoint: server.url,
    region: "eu-west-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    md5: false,
  });
  return {
    server,
    taken,
    sizes,
    queue: sqsHourQueue(client, `${server.url}/1/q`, { sleep: async () => undefined }),
  };
}

const hours = Array.from({ length: 23 }, (_, index) => hoursAfter(parseHour("2026-09-01-0"), index));

test("hours are asked for ten at a time, and those refused once more", async () => {
  const { server, taken, sizes, queue } = await queueThatRefuses(
    (hour, nth) => hour === "2026-09-01-3" && nth < 3,
  );
  await using _ = server;
  await queue.ask(hours);
  expect(taken.toSorted()).toEqual(hours.map(({ name }) => name).toSorted());
  expect(sizes).toEqual([10, 1, 1, 10, 3]);
});

test("what SQS keeps refusing is an error that names an hour", async () => {
  const { server, queue } = await queueThatRefuses((hour) => hour === "2026-09-01-3");
  await using _ = server;
  await expect(queue.ask(hours)).rejects.toThrow(
    /refused 1 of 23 messages .* 2026-09-01-3: ServiceUnavailable/,
  );
});
