import type { AttributeValue, UpdateItemCommandInput } from "@aws-sdk/client-dynamodb";
import { z } from "zod";
import { ManifestRow, type RowKey } from "./manifest-row.ts";

type Value = string | number | boolean;

/** One conditional update of a row. In the condition, the state is written as `#state`. */
export interface Change {
  readonly set: Readonly<Record<string, Value | undefined>>;
  readonly remove?: readonly string[];
  readonly condition: string;
  readonly values?: Readonly<Record<string, Value>>;
}

/** What DynamoDB is asked to do. It answers with the row as it is then, also when the condition does not hold. */
export function updateOf(table: string, { date, hour }: RowKey, change: Change): UpdateItemCommandInput {
  const set = Object.entries(change.set).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, value }],
  );
  const remove = change.remove ?? [];
  const inCondition = change.condition.includes("#state") ? ["state"] : [];
  const names = [...set.map(({ name }) => name), ...remove, ...inCondition];
  const values = [
    ...set.map(({ name, value }) => [`:set_${name}`, attribute(value)] as const),
    ...Object.entries(change.values ?? {}).map(([name, value]) => [`:${name}`, attribute(value)] as const),
  ];
  const parts = [
    `SET ${set.map(({ name }) => `#${name} = :set_${name}`).join(", ")}`,
    ...(remove.length === 0 ? [] : [`REMOVE ${remove.map((name) => `#${name}`).join(", ")}`]),
  ];
  return {
    TableName: table,
    Key: { date: { S: date }, hour: { S: hour } },
    UpdateExpression: parts.join(" "),
    ConditionExpression: change.condition,
    ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: Object.fromEntries(values),
    ReturnValues: "ALL_NEW",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
  };
}

function attribute(value: Value): AttributeValue {
  if (typeof value === "number") return { N: String(value) };
  return typeof value === "boolean" ? { BOOL: value } : { S: value };
}

const PlainAttribute = z.union([
  z.looseObject({ S: z.string() }).transform(({ S }): unknown => S),
  z.looseObject({ N: z.string() }).transform(({ N }): unknown => Number(N)),
  z.looseObject({ BOOL: z.boolean() }).transform(({ BOOL }): unknown => BOOL),
]);

/** Lists and maps are the jobs' own: they are left out. */
export function parseRow(item: Readonly<Record<string, AttributeValue>>): ManifestRow {
  const plain = Object.entries(item).flatMap(([name, value]) => {
    const parsed = PlainAttribute.safeParse(value);
    return parsed.success ? [[name, parsed.data]] : [];
  });
  return ManifestRow.parse(Object.fromEntries(plain));
}
