// TypeORM's own executor: `status`, `one`, `all` or `down`. TYPEORM names the installed version.
const fs = require("fs");
const path = require("path");
const { DataSource, MigrationExecutor } = require(process.env.TYPEORM);
const { act, file, first, kind, show, stem, url } = require("./shared.js");

const folder = "dist/migrations";
const place = kind === "sqlite" ? { type: "better-sqlite3", database: file } : { type: kind, url };
const from = process.argv[2] === "one" ? first(folder) : folder;
const source = new DataSource({ ...place, migrations: [path.resolve(from, "*.js")] });

act(
  {
    async status() {
      const executed = await new MigrationExecutor(source).getExecutedMigrations();
      const times = executed.map((migration) => String(migration.timestamp));
      show(fs.readdirSync(folder).map(stem), (name) => times.includes(name.split("-")[0]));
    },
    one: () => source.runMigrations(),
    all: () => source.runMigrations(),
    down: () => source.undoLastMigration(),
  },
  () => source.destroy(),
  () => source.initialize(),
);
