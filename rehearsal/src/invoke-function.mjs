// Runs a function's bundle once, as Lambda does: node invoke-function.mjs BUNDLE EVENT RESULT
// What came of it goes to the file RESULT; what the function logs goes to stdout. Plain JavaScript, so that the
// memory that is told is the function's and not a compiler's.
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [bundle, event, result] = process.argv.slice(2);
const { handler } = await import(pathToFileURL(bundle).href);
const deadline = Date.now() + Number(process.env["REHEARSAL_SECONDS"] ?? 120) * 1000;
const outcome = await handler(JSON.parse(event), {
  getRemainingTimeInMillis: () => deadline - Date.now(),
}).then(
  (value) => ({ value }),
  (error) => ({ error: { name: error.name, message: error.message } }),
);
const peakMegabytes = process.resourceUsage().maxRSS / 1024;
writeFileSync(result, JSON.stringify({ value: null, error: null, ...outcome, peakMegabytes }));
