import { z } from "zod";
import { stateKey } from "../../../actions/shared/src/contracts/stack-map.ts";
import type { Rehearsal } from "../rehearsal.ts";
import { ofAdministrator } from "./terraform.ts";

const lockSchema = z.object({ ID: z.string() });
const itemSchema = z.object({ Item: z.object({ Info: z.object({ S: z.string() }) }).optional() });

/** An apply on somebody's computer, which goes down while Terraform waits for their yes. Returns the lock's id. */
export async function leaveLock(rehearsal: Rehearsal, id: string): Promise<string> {
  const stack = rehearsal.map.stacks.get(id);
  if (stack === undefined) throw new Error(`the map has no stack ${id}`);
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  const lines: string[] = [];
  const running = rehearsal.processes.start("sh", ["-c", "sleep 120 | terraform apply -no-color"], {
    // Where the second plan of every stack has initialized Terraform.
    ...ofAdministrator(rehearsal, { stack, folder: "second-plan" }),
    timeLimit: 120_000,
    onLine: (line) => {
      lines.push(line);
      if (line.includes("Do you want to perform these actions?")) resolve();
    },
  });
  const early = running.exited.then(() => {
    throw new Error(`Terraform did not come to ask:\n${lines.slice(-20).join("\n")}`);
  });
  await Promise.race([asked, early]);
  early.catch(() => undefined);
  process.kill(-running.pid, "SIGKILL");
  await running.exited;
  const [lock] = await locksOf(rehearsal, id);
  return lock ?? "none";
}

/** Id of each lock that a stack's state has: in the lock file, then in the table. */
export async function locksOf({ account, map }: Rehearsal, id: string): Promise<string[]> {
  const backend = map.stacks.get(id)?.backend;
  if (backend === undefined) return [];
  const key = stateKey(backend);
  const files = await account.list(backend.bucket, `${key}.tflock`);
  const texts = await Promise.all(files.map((file) => account.read(backend.bucket, file.key)));
  const found = await account.json("dynamodb", "DynamoDB_20120810.GetItem", {
    TableName: backend.table,
    Key: { LockID: { S: `${backend.bucket}/${key}` } },
  });
  const item = itemSchema.parse(found).Item?.Info.S;
  return [...texts, ...(item === undefined ? [] : [item])].map(
    (text) => lockSchema.parse(JSON.parse(text)).ID,
  );
}
