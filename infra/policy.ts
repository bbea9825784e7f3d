/** One statement of an IAM policy. Only literals, so that every plan shows the policy that will be. */
export interface Statement {
  readonly Sid?: string;
  readonly Effect: "Allow" | "Deny";
  readonly Principal?: "*" | Readonly<Record<string, string | readonly string[]>>;
  readonly Action?: string | readonly string[];
  readonly NotAction?: readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** What deploying a stack needs on its own resources. */
export interface DeployPermissions {
  /** To refresh: all that the plan role gets. */
  readonly read: readonly Statement[];
  /** To create, change and destroy: the apply role alone. */
  readonly manage: readonly Statement[];
}

export function allow(
  actions: readonly string[],
  resources: readonly string[],
  condition?: Statement["Condition"],
): Statement {
  return {
    Effect: "Allow",
    Action: actions,
    Resource: resources,
    ...(condition === undefined ? {} : { Condition: condition }),
  };
}

export function deny(
  actions: readonly string[],
  resources: readonly string[],
  condition?: Statement["Condition"],
): Statement {
  return { ...allow(actions, resources, condition), Effect: "Deny" };
}

export function policyDocument(statements: readonly Statement[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}

/** Services that say for which account they act; a Lambda role can only be passed within its account anyway. */
const servicesThatNameTheAccount = new Set(["glue.amazonaws.com", "scheduler.amazonaws.com"]);

/** Lets a service of AWS take a role, on behalf of this account only. */
export function serviceTrust(service: string, account: string): string {
  const forAccount = servicesThatNameTheAccount.has(service)
    ? { Condition: { StringEquals: { "aws:SourceAccount": account } } }
    : {};
  return policyDocument([
    { Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole", ...forAccount },
  ]);
}

/** Statements with the same effect, actions and condition become one, with all their resources. */
export function merged(statements: readonly Statement[]): Statement[] {
  const groups = Map.groupBy(statements, ({ Effect, Action, NotAction, Condition }) =>
    JSON.stringify([Effect, Action, NotAction, Condition]),
  );
  return [...groups.values()].flatMap(([first, ...rest]) => {
    if (first === undefined) return [];
    const resources = [first, ...rest].flatMap((statement) => statement.Resource ?? []);
    return [{ ...first, Resource: [...new Set(resources)] }];
  });
}

/** IAM's default quota of all inline policies of a role together. */
const inlinePolicyCharacters = 10_240;

export function inlinePolicy(role: string, statements: readonly Statement[]): string {
  const document = policyDocument(statements);
  if (document.length <= inlinePolicyCharacters) return document;
  throw new Error(
    `The policy of ${role} has ${document.length} characters; IAM allows ${inlinePolicyCharacters}. Split its stacks among more environments.`,
  );
}
