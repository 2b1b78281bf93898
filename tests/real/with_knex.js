// Knex's own migrator: `status`, `one`, `all` or `down`.
const path = require("path");

const url = process.env.DATABASE_URL;
const connections = {
  postgres: { client: "pg", connection: url },
  mysql: { client: "mysql2", connection: url },
  sqlite: { client: "better-sqlite3", connection: { filename: url.slice("sqlite:".length) }, useNullAsDefault: true },
};
const knex = require("knex")(connections[url.split(":")[0]]);
const stem = (file) => path.parse(file).name;

const actions = {
  async status() {
    const [completed, pending] = await knex.migrate.list();
    completed.forEach((migration) => console.log("applied", stem(migration.name)));
    pending.forEach((migration) => console.log("pending", stem(migration.file)));
  },
  one: () => knex.migrate.up(),
  all: () => knex.migrate.latest(),
  down: () => knex.migrate.down(),
};

actions[process.argv[2]]()
  .catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  })
  .finally(() => knex.destroy());
