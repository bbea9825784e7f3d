import * as core from "@actions/core";

/** Adds a paragraph of Markdown to the job's summary, where the runner keeps one. */
export async function addToSummary(markdown: string): Promise<void> {
  if (!process.env["GITHUB_STEP_SUMMARY"]) return;
  await core.summary.addRaw(`${markdown}\n`, true).write();
}
