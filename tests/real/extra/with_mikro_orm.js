// MikroORM's own migrator: `status`, `one`, `all` or `down`.
const { EntitySchema } = require("@mikro-orm/core");
const { Migrator } = require("@mikro-orm/migrations");
const { act, file, kind, show, stems, url } = require("./shared.js");

const packages = { postgres: "postgresql", mysql: "mysql", sqlite: "libsql" };
const { MikroORM } = require("@mikro-orm/" + packages[kind]);
const orm = MikroORM.initSync({
  entities: [new EntitySchema({ name: "Thing", properties: { id: { type: "number", primary: true } } })],
  extensions: [Migrator],
  connect: false,
  migrations: { path: "migrations", snapshot: false, silent: true },
  ...(kind === "sqlite" ? { dbName: file } : { clientUrl: url }),
});
const migrator = orm.getMigrator();

act(
  {
    async status() {
      const applied = (await migrator.getExecutedMigrations()).map(({ name }) => name);
      show(stems("migrations"), (name) => applied.includes(name));
    },
    one: () => migrator.up({ to: stems("migrations")[0] }),
    all: () => migrator.up(),
    down: () => migrator.down(),
  },
  () => orm.close(true),
);
