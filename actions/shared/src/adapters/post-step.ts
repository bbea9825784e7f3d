/** Whether this process is an action's post step: its entry, dist/post.js, says so. */
export function isPostStep(): boolean {
  return process.env["ACTION_PHASE"] === "post";
}
