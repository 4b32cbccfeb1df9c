// Watches a task with Apollo Client, as an admin screen does: node watching.mjs URL. Prints what it saw, as JSON.
import { ApolloClient, HttpLink, InMemoryCache, gql } from "@apollo/client/core";

const client = new ApolloClient({
  link: new HttpLink({ uri: `${process.argv[2]}/graphql`, headers: { "x-tenant": "apollo" } }),
  cache: new InMemoryCache(),
});

const TRIGGER = gql`
  mutation Trigger($input: JSON) {
    backgroundTasks { triggerTask(definition: importPages, input: $input) { data { id taskStatus } } }
  }
`;
const LIST = gql`
  query List($where: WebinyBackgroundTaskListWhereInput) {
    backgroundTasks { listTasks(where: $where) { data { id taskStatus iterations output } } }
  }
`;

async function trigger(input) {
  const { data } = await client.mutate({ mutation: TRIGGER, variables: { input } });
  return data.backgroundTasks.triggerTask.data;
}

const first = await trigger({ left: 3 });
const second = await trigger({ left: 1 });

const seen = [];
await new Promise((resolve, reject) => {
  const watched = client.watchQuery({ query: LIST, pollInterval: 5, fetchPolicy: "network-only" });
  const subscription = watched.subscribe({
    next({ data, error }) {
      if (error) return reject(error);
      if (!data) return;
      const tasks = data.backgroundTasks.listTasks.data;
      seen.push(tasks.map((task) => task.taskStatus));
      if (tasks.every((task) => task.taskStatus === "success")) {
        subscription.unsubscribe();
        resolve();
      }
    },
    error: reject,
  });
});

const { data } = await client.query({
  query: LIST,
  variables: { where: { id: first.id } },
  fetchPolicy: "no-cache",
});
const found = data.backgroundTasks.listTasks.data;
client.stop();
console.log(JSON.stringify({ first, second, seen, found }));
