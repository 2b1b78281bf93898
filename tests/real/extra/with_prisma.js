// Prisma's command line: `status`, `one` or `all`.
const fs = require("fs");
const path = require("path");
const { act, call, calls, first, kind, show, url } = require("./shared.js");

const provider = { postgres: "postgresql", sqlite: "sqlite" }[kind];
// The URL must be there and is not used.
const datasource = `datasource db {\n  provider = "${provider}"\n  url = "${kind === "sqlite" ? "file:none" : url}"\n}\n`;
fs.writeFileSync("prisma/schema.prisma", datasource);
fs.writeFileSync("prisma/migrations/migration_lock.toml", `provider = "${provider}"\n`);

const nothing = path.join(__dirname, "with_prisma.js");
const line = (...args) => [
  "prisma/build/index.js",
  ["migrate", ...args, "--config", path.join(__dirname, "prisma.config.js")],
  // It would download its native engines, which these settings of its own give it a place of; it never calls them.
  { PRISMA_QUERY_ENGINE_LIBRARY: nothing, PRISMA_SCHEMA_ENGINE_BINARY: nothing, CHECKPOINT_DISABLE: "1" },
];
const folders = () => fs.readdirSync("prisma/migrations").filter((name) => !name.endsWith(".toml"));

// The names that follow this line.
const listed = (said, title) => said.split(title)[1]?.split("\n\n")[0].split("\n") ?? [];

function standing() {
  const { said } = call(...line("status"));
  // Where libsql is asked, it does not know that error for a missing table.
  if (said.includes("no such table: _prisma_migrations")) return { failed: [], pending: folders() };
  if (!said.includes("migrations found in")) throw new Error(said);
  const failed = listed(said, "Following migration have failed:\n");
  return { failed, pending: listed(said, "Following migrations have not yet been applied:\n") };
}

act({
  status() {
    const { failed, pending } = standing();
    show(folders(), (name) => !failed.includes(name) && !pending.includes(name));
  },
  one() {
    process.env.MIGRATIONS = first("prisma/migrations");
    fs.copyFileSync("prisma/migrations/migration_lock.toml", "first/migration_lock.toml");
    calls(...line("deploy"));
  },
  all: () => calls(...line("deploy")),
});
