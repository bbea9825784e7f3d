import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface Door {
  readonly url: string;
  /** `PUT /bucket/key`, or the operation where the protocol names one, such as `DynamoDB_20120810.GetItem`. */
  readonly requests: string[];
}

/** AWS behind a door that notes every request, and answers 403 to some. */
export async function openDoor(
  aws: string,
  isRefused: (incoming: IncomingMessage) => boolean = () => false,
): Promise<Door> {
  const target = new URL(aws);
  const requests: string[] = [];
  const server = createServer((incoming, outgoing) => {
    const { method, url: path = "", headers } = incoming;
    requests.push(String(headers["x-amz-target"] ?? `${method} ${path.split("?")[0]}`));
    if (isRefused(incoming)) {
      incoming.resume();
      outgoing.writeHead(403, { "content-type": "application/xml" });
      outgoing.end("<Error><Code>AccessDenied</Code><Message>no</Message></Error>");
      return;
    }
    const onward = request({ host: target.hostname, port: target.port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}
