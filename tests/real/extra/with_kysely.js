// Kysely's own migrator: `status`, `one`, `all` or `down`.
const fs = require("fs/promises");
const path = require("path");
const { FileMigrationProvider, Kysely, Migrator, MysqlDialect, PostgresDialect, SqliteDialect } = require("kysely");
const { act, file, kind, show, url } = require("./shared.js");

const dialects = {
  postgres: () => new PostgresDialect({ pool: new (require("pg").Pool)({ connectionString: url }) }),
  mysql: () => new MysqlDialect({ pool: require("mysql2").createPool(url) }),
  sqlite: () => new SqliteDialect({ database: new (require("better-sqlite3"))(file) }),
};
const db = new Kysely({ dialect: dialects[kind]() });
const provider = new FileMigrationProvider({ fs, path, migrationFolder: path.resolve("migrations") });
const migrator = new Migrator({ db, provider });

const check = ({ error }) => {
  if (error) throw error;
};

act(
  {
    async status() {
      const migrations = await migrator.getMigrations();
      const applied = migrations.filter((migration) => migration.executedAt).map(({ name }) => name);
      show(migrations.map(({ name }) => name), (name) => applied.includes(name));
    },
    one: async () => check(await migrator.migrateUp()),
    all: async () => check(await migrator.migrateToLatest()),
    down: async () => check(await migrator.migrateDown()),
  },
  () => db.destroy(),
);
