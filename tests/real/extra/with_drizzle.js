// Drizzle's own migrator: `status`, `one` or `all`. DRIZZLE names the installed version.
const fs = require("fs");
const path = require("path");
const { act, file, first, kind, show, url } = require("./shared.js");

const of = (name) => require(process.env.DRIZZLE + "/" + name);
const drivers = {
  postgres() {
    const client = new (require("pg").Pool)({ connectionString: url });
    return { name: "node-postgres", client, rows: (db, sql) => db.execute(sql).then((result) => result.rows) };
  },
  mysql() {
    const client = require("mysql2").createPool(url);
    return { name: "mysql2", client, rows: (db, sql) => db.execute(sql).then((result) => result[0]) };
  },
  sqlite() {
    const client = new (require("better-sqlite3"))(file);
    return { name: "better-sqlite3", client, rows: async (db, sql) => db.all(sql), end: () => client.close() };
  },
};
const { name, client, rows, end = () => client.end() } = drivers[kind]();
const db = of(name).drizzle(process.env.DRIZZLE === "drizzle-orm" ? client : { client });
const { migrate } = of(name + "/migrator");
const table = kind === "postgres" ? "drizzle.__drizzle_migrations" : "__drizzle_migrations";
const journal = "drizzle/meta/_journal.json";

// What its runner would run: from 1.0 on what has no row of its name, before what is newer than the newest row.
function isPending(done) {
  if (!fs.existsSync(journal)) {
    const { getMigrationsToRun } = of("migrator.utils");
    const localMigrations = of("migrator").readMigrationFiles({ migrationsFolder: "drizzle" });
    const left = getMigrationsToRun({ localMigrations, dbMigrations: done }).map((migration) => migration.name);
    return (tag) => left.includes(tag);
  }
  const newest = Math.max(0, ...done.map((row) => Number(row.created_at)));
  const { entries } = JSON.parse(fs.readFileSync(journal));
  return (tag) => entries.find((entry) => entry.tag === tag).when > newest;
}

async function folderOfOne() {
  const folder = first("drizzle");
  if (!fs.existsSync(journal)) return folder;
  const { entries, ...rest } = JSON.parse(fs.readFileSync(journal));
  fs.mkdirSync(path.join(folder, "meta"));
  fs.writeFileSync(path.join(folder, "meta/_journal.json"), JSON.stringify({ ...rest, entries: entries.slice(0, 1) }));
  return folder;
}

act(
  {
    async status() {
      const done = await rows(db, `SELECT * FROM ${table}`).catch(() => []);
      const tags = fs.readdirSync("drizzle").filter((tag) => tag !== "meta");
      const pending = isPending(done);
      tags.map((tag) => path.parse(tag).name).forEach((tag) => console.log(pending(tag) ? "pending" : "applied", tag));
    },
    one: async () => migrate(db, { migrationsFolder: await folderOfOne() }),
    all: async () => migrate(db, { migrationsFolder: "drizzle" }),
  },
  end,
);
