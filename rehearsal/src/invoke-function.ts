// Runs a function's bundle once, as Lambda does: node invoke-function.ts BUNDLE EVENT
// The result goes to the file that REHEARSAL_RESULT names; what the function logs goes to stdout.
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [bundle = "", event = "{}"] = process.argv.slice(2);
const { handler } = (await import(pathToFileURL(bundle).href)) as {
  handler: (event: unknown, context: { getRemainingTimeInMillis(): number }) => Promise<unknown>;
};
const deadline = Date.now() + 120_000;
const result = await handler(JSON.parse(event), { getRemainingTimeInMillis: () => deadline - Date.now() });
writeFileSync(process.env["REHEARSAL_RESULT"] ?? "/dev/stdout", JSON.stringify(result));
