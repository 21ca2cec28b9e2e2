// Writes items with the document client: node lib_dynamodb.mjs ITEMS ENDPOINT.
import { readFileSync } from "node:fs";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { BatchWriteCommand, DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";

const [path, endpoint] = process.argv.slice(2);
const lines = readFileSync(path, "utf8").trimEnd().split("\n");
// Numbers that JavaScript's own would round stay as they are.
const items = lines.map((line) => unmarshall(JSON.parse(line), { wrapNumbers: false }));
const client = DynamoDBDocumentClient.from(
  new DynamoDBClient({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" },
  }),
);

const wall = process.hrtime.bigint();
const before = process.cpuUsage();
for (let begin = 0; begin < items.length; begin += 25) {
  let left = items.slice(begin, begin + 25).map((Item) => ({ PutRequest: { Item } }));
  while (left?.length) {
    const answer = await client.send(new BatchWriteCommand({ RequestItems: { objects: left } }));
    left = answer.UnprocessedItems?.objects;
  }
}
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ wall: Number(process.hrtime.bigint() - wall) / 1e9, cpu: (user + system) / 1e6 }));
