import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** AWS behind a door that can be slow: writes of a state take as long as is said for it. */
export async function openSlowBucket(aws: string) {
  const target = new URL(aws);
  const delays = new Map<string, number>();
  const server = createServer((incoming, outgoing) => {
    const pass = async () => {
      const path = incoming.url ?? "/";
      const delay = [...delays].find(([key]) => path.includes(`/${key}`))?.[1] ?? 0;
      if (incoming.method === "PUT" && delay > 0 && !path.includes(".tflock")) await sleep(delay);
      const onward = request(
        {
          host: target.hostname,
          port: target.port,
          method: incoming.method,
          path,
          headers: { ...incoming.headers, host: target.host },
        },
        (answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(outgoing);
        },
      );
      onward.on("error", (error) => outgoing.destroy(error));
      incoming.pipe(onward);
    };
    pass().catch((error: Error) => outgoing.destroy(error));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Milliseconds that each write of the state at `key` takes. */
    slow: (key: string, milliseconds: number) => delays.set(key, milliseconds),
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

export type SlowBucket = Awaited<ReturnType<typeof openSlowBucket>>;
