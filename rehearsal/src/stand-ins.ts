import { join } from "node:path";

/** Actions from elsewhere that have a stand-in here, and the folder of each. */
const folders: ReadonlyMap<string, string> = new Map([
  ["actions/checkout", "checkout"],
  ["actions/setup-node", "setup-node"],
  ["actions/upload-artifact", "upload-artifact"],
  ["actions/download-artifact", "download-artifact"],
  ["hashicorp/setup-terraform", "setup-terraform"],
]);

/** `owner/name@ref` → folder, for every action that a workflow uses; throws for one that has no stand-in. */
export function standInsFor(uses: readonly string[]): Map<string, string> {
  const root = join(import.meta.dirname, "..", "stand-ins");
  return new Map(
    uses.map((action) => {
      const folder = folders.get(action.split("@")[0] ?? "");
      if (folder === undefined)
        throw new Error(
          `the rehearsal has no stand-in for the action ${action}; add one to rehearsal/stand-ins`,
        );
      return [action, join(root, folder)];
    }),
  );
}
