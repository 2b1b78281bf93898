// Knex's own migrator: `status`, `up [NAME]` or `down`.
const [action, name] = process.argv.slice(2);
const url = process.env.DATABASE_URL;
const knex = require("knex")({ client: url.startsWith("mysql") ? "mysql2" : "pg", connection: url });

(async () => {
  if (action === "status") {
    const [completed, pending] = await knex.migrate.list();
    completed.forEach((migration) => console.log("applied", migration.name));
    pending.forEach((migration) => console.log("pending", migration.file));
  } else if (action === "up") {
    await (name ? knex.migrate.up({ name }) : knex.migrate.latest());
  } else {
    await knex.migrate.down();
  }
})()
  .catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  })
  .finally(() => knex.destroy());
