import { IamOpenidConnectProvider } from "@cdktf/provider-aws/lib/iam-openid-connect-provider/index.js";
import type { PlatformStack } from "../../platform-stack.ts";
import { issuer } from "./trust.ts";

/** Lets AWS believe GitHub's tokens. An account can have one of it. */
export function oidcProvider(stack: PlatformStack): void {
  new IamOpenidConnectProvider(stack, "oidc-provider", {
    url: `https://${issuer}`,
    clientIdList: ["sts.amazonaws.com"],
  });
}
