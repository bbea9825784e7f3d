/** What `terraform show -json` prints, with only what a test is about. */
export interface ChangeText {
  readonly address?: string;
  readonly mode?: string;
  readonly previous_address?: string;
  readonly deposed?: string;
  readonly actions?: readonly string[];
  readonly before?: unknown;
  readonly after?: unknown;
  readonly after_unknown?: unknown;
  readonly before_sensitive?: unknown;
  readonly after_sensitive?: unknown;
  readonly replace_paths?: unknown;
  readonly importing?: unknown;
}

export function planText(
  changes: readonly ChangeText[],
  rest: Readonly<Record<string, unknown>> = {},
): string {
  return JSON.stringify({
    format_version: "1.2",
    terraform_version: "1.11.4",
    resource_changes: changes.map(
      ({ address = "aws_x.a", mode = "managed", previous_address, deposed, ...change }) => ({
        address,
        mode,
        type: "aws_x",
        ...(previous_address === undefined ? {} : { previous_address }),
        ...(deposed === undefined ? {} : { deposed }),
        change: { actions: ["update"], before: null, after: null, after_unknown: {}, ...change },
      }),
    ),
    ...rest,
  });
}
