import type { Secrets } from "./secrets.ts";

/**
 * A root module with a secret in every place where a plan can hold one. What the environment gives comes from
 * GitHub's secrets, which the runner masks by itself; everything else is for the actions to keep.
 */
export interface Configuration {
  readonly text: string;
  /** Values of variables, by name; nothing but JSON and text. */
  readonly variables: Readonly<Record<string, string>>;
}

export const bucket = "state";
export const region = "eu-west-1";

const backend = `terraform {
  required_providers {
    aws = { source = "hashicorp/aws", version = "5.100.0" }
  }
  backend "s3" {
    bucket       = "${bucket}"
    key          = "app/terraform.tfstate"
    region       = "${region}"
    use_lockfile = true
    use_path_style              = true
    skip_credentials_validation = true
    skip_requesting_account_id  = true
    skip_metadata_api_check     = true
  }
}
provider "aws" {
  region                      = "${region}"
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}
`;

/** \`turn\` gives every secret a new value, so that the second plan holds the old and the new one. */
export function configuration(secrets: Secrets, turn: string, rest = ""): Configuration {
  const of = (place: string) => secrets.at(`${place}, ${turn}`);
  const variables = {
    text: of("sensitive variable"),
    nested: JSON.stringify({
      map: { deep: { leaf: of("nested map") }, [of("name in a sensitive map")]: "x" },
      list: ["plain", of("list element"), ["x", of("list in a list")]],
    }),
    pem: of("pem of many lines"),
    encoded: of("base64 and URL encoded"),
    key: of("for_each key"),
  };
  return {
    variables,
    text: `${backend}
${declarations}${resources(turn, of("attribute that the provider marks"))}output "secret" {
  value     = { text = var.text, pem = var.pem, literal = "${of("sensitive output")}" }
  sensitive = true
}
${rest}`,
  };
}

const declarations = `variable "text" {
  type      = string
  sensitive = true
}
variable "nested" {
  type      = object({ map = any, list = any })
  sensitive = true
}
variable "pem" {
  type      = string
  sensitive = true
}
variable "encoded" {
  type      = string
  sensitive = true
}
variable "key" {
  type      = string
  sensitive = true
}
`;

const resources = (
  turn: string,
  provided: string,
): string => `resource "terraform_data" "variable" { input = var.text }
resource "terraform_data" "raw" { input = var.encoded }
resource "terraform_data" "nested" { input = var.nested }
resource "terraform_data" "parts" {
  input = { leaf = var.nested.map, first = var.nested.list[1], open = "${turn}" }
}
resource "terraform_data" "pem" { input = { whole = var.pem, lines = split("\\n", var.pem) } }
resource "terraform_data" "encoded" {
  input = { base64 = base64encode("user:\${var.encoded}"), url = "https://x/?token=\${urlencode(var.encoded)}" }
}
resource "terraform_data" "json" { input = jsonencode({ password = var.text, list = var.nested.list }) }
resource "terraform_data" "copied" {
  # Marked in one place, open in another: known to be secret, and so kept back everywhere.
  input = {
    open   = nonsensitive(var.text)
    basic  = nonsensitive(base64encode("ann:\${var.encoded}"))
    url    = nonsensitive("https://x/?token=\${urlencode(var.encoded)}")
    line   = nonsensitive(split("\\n", var.pem)[2])
    policy = jsonencode({ Statement = [{ Condition = nonsensitive(var.text) }] })
  }
}
resource "terraform_data" "each" {
  for_each = nonsensitive(toset([var.key]))
  input    = var.key
}
resource "aws_ssm_parameter" "provider" {
  name  = "/app/parameter"
  type  = "SecureString"
  value = nonsensitive(var.text)
}
resource "aws_secretsmanager_secret" "provider" {
  name                    = "app-${turn}"
  recovery_window_in_days = 0
}
resource "aws_secretsmanager_secret_version" "provider" {
  secret_id     = aws_secretsmanager_secret.provider.id
  secret_string = "${provided}"
}
`;

/** Errors that quote what they are about. */
export const failingPlan = `
resource "aws_ssm_parameter" "wrong" {
  name  = "/app/wrong"
  type  = nonsensitive(var.text)
  value = "x"
}
`;
export const failingApply = `
resource "terraform_data" "fails" {
  provisioner "local-exec" {
    command = "echo \${var.text} \${var.encoded}; echo '\${base64encode(var.encoded)}' >&2; exit 3"
  }
}
`;

/** What the configuration itself puts in the open: nothing marks it as a secret. */
export function unmarked(secrets: Secrets): string {
  return `
resource "aws_launch_template" "open" {
  name      = "open"
  user_data = base64encode("password=${secrets.at("user_data that nothing marks")}")
}
`;
}
