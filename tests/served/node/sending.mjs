// Sends documents as the official client does: node sending.mjs URL < JSON. Prints what came back, as JSON.
//
// Given is a list of {name, tenant, query, variables}; what came back is what that client gives or raises, by name.
import { readFileSync } from "node:fs";

const url = process.argv[2];

async function execute({ query, variables, tenant }) {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      Authorization: "Bearer sesame-sesame",
      "x-tenant": tenant,
      "x-webiny-sdk": "v6",
    },
    body: JSON.stringify({ query, variables }),
  });
  if (!response.ok) return { raised: "HttpError", message: `HTTP error! status: ${response.status}` };
  const { data, errors } = await response.json();
  if (errors && errors.length > 0) return { raised: "GraphQLError", message: errors[0].message };
  const [[operation, { data: found, error }]] = Object.entries(data.backgroundTasks);
  if (error) return { raised: "ApiError", message: error.message, code: error.code };
  return { operation, data: found };
}

const answers = {};
for (const each of JSON.parse(readFileSync(0, "utf8"))) {
  answers[each.name] = await execute(each);
}
console.log(JSON.stringify(answers));
