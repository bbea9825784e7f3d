/** One interface names a bot "name[bot]", another "name" and calls it a bot. */
export function isViewer(
  { login, bot }: { readonly login: string; readonly bot: boolean },
  viewer: string,
): boolean {
  const [own, other] = [viewer.toLowerCase(), login.toLowerCase()];
  return own === other || (bot && own.replace("[bot]", "") === other.replace("[bot]", ""));
}
