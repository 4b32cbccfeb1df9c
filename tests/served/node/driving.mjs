// Drives tasks with graphql-request: node driving.mjs URL. Prints what it saw, as JSON.
import { ClientError, GraphQLClient, gql } from "graphql-request";

const client = new GraphQLClient(`${process.argv[2]}/graphql`);

const TASK = "id taskStatus iterations input output";
const TRIGGER = gql`
  mutation Trigger($definition: WebinyBackgroundTaskDefinitionEnum!, $input: JSON, $name: String) {
    backgroundTasks {
      triggerTask(definition: $definition, input: $input, name: $name) {
        data { ${TASK} }
        error { message code data }
      }
    }
  }
`;
const GET = gql`
  query Get($id: ID!) {
    backgroundTasks { getTask(id: $id) { data { ${TASK} logs { iteration items { message } } } } }
  }
`;
const ABORT = gql`
  mutation Abort($id: ID!, $message: String) {
    backgroundTasks {
      abortTask(id: $id, message: $message) { data { ${TASK} } error { message code data } }
    }
  }
`;
const LIST = gql`
  query List($limit: Int, $after: String) {
    backgroundTasks {
      listTasks(limit: $limit, after: $after) { data { id } meta { cursor hasMoreItems totalCount } }
    }
  }
`;

async function ask(document, variables) {
  const answer = await client.request(document, variables);
  return Object.values(answer.backgroundTasks)[0];
}

async function poll(id) {
  const seen = [];
  for (;;) {
    const { data } = await ask(GET, { id });
    seen.push(data.taskStatus);
    if (!["pending", "running"].includes(data.taskStatus)) return { seen, last: data };
  }
}

async function list(limit) {
  const pages = [];
  let after = null;
  do {
    const { data, meta } = await ask(LIST, { limit, after });
    pages.push(data.map((task) => task.id));
    after = meta.cursor;
  } while (after !== null);
  return pages;
}

async function refusal(document, variables) {
  try {
    await client.request(document, variables);
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    return { status: error.response.status, message: error.response.errors[0].message };
  }
  return null;
}

const triggered = await ask(TRIGGER, { definition: "importPages", input: { left: 2 }, name: "Müller ☃" });
const polled = await poll(triggered.data.id);
const victim = await ask(TRIGGER, { definition: "importPages", input: { left: 50 } });
const aborted = await ask(ABORT, { id: victim.data.id, message: "Enough." });
const again = await ask(ABORT, { id: victim.data.id });
const third = await ask(TRIGGER, { definition: "importPages" });
const pages = await list(2);
const refused = await refusal(TRIGGER, { definition: "nope" });
const guarded = await ask(TRIGGER, { definition: "guarded" }).catch((error) => error.response);

console.log(JSON.stringify({ triggered, polled, aborted, again, third, pages, refused, guarded }));
