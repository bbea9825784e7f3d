import type { StackMap } from "../../../actions/shared/src/contracts/stack-map.ts";
import type { Naming } from "../../naming.ts";
import { policyDocument, type Statement } from "../../policy.ts";

export const issuer = "token.actions.githubusercontent.com";

/** Workflows of main that may write; nothing that a pull request can change. */
const writingWorkflows = ["deploy.yml", "operate.yml"];

/** Pull requests, main, and the branches that GitHub's merge queue makes. Read-only roles alone trust these. */
export function planTrust(naming: Naming, map: StackMap): string {
  const subject = subjectOf(map);
  return policyDocument([
    trusted(naming, {
      StringEquals: {
        [`${issuer}:aud`]: "sts.amazonaws.com",
        [`${issuer}:sub`]: [`${subject}:pull_request`, `${subject}:ref:refs/heads/main`],
      },
    }),
    trusted(naming, {
      StringEquals: { [`${issuer}:aud`]: "sts.amazonaws.com" },
      StringLike: { [`${issuer}:sub`]: `${subject}:ref:refs/heads/gh-readonly-queue/main/*` },
    }),
  ]);
}

/** A job of a writing workflow on main, in the environment of the stack or the one with reviewers beside it. */
export function applyTrust(naming: Naming, map: StackMap, environment: string): string {
  const subject = subjectOf(map);
  return policyDocument([
    trusted(naming, {
      StringEquals: {
        [`${issuer}:aud`]: "sts.amazonaws.com",
        [`${issuer}:sub`]: [environment, `${environment}-manual`].map(
          (name) => `${subject}:environment:${name}`,
        ),
        [`${issuer}:job_workflow_ref`]: writingWorkflows.map(
          (file) => `${map.repository}/.github/workflows/${file}@refs/heads/main`,
        ),
      },
    }),
  ]);
}

function subjectOf(map: StackMap): string {
  return `repo:${map.oidcSubject ?? map.repository}`;
}

function trusted(naming: Naming, condition: NonNullable<Statement["Condition"]>): Statement {
  return {
    Effect: "Allow",
    Principal: { Federated: naming.oidcProviderArn(issuer) },
    Action: "sts:AssumeRoleWithWebIdentity",
    Condition: condition,
  };
}
