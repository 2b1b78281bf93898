// node-pg-migrate's own runner: `status`, `one`, `all` or `down`.
const { act, show, stems, url } = require("./shared.js");

const run = async (options) => {
  const { runner } = await import(require.resolve("node-pg-migrate"));
  const quiet = { info() {}, warn() {}, error: console.error };
  const settings = { databaseUrl: url, dir: "migrations", migrationsTable: "pgmigrations", logger: quiet };
  return runner({ ...settings, direction: "up", ...options });
};

act({
  async status() {
    const pending = (await run({ dryRun: true })).map(({ name }) => name);
    show(stems("migrations"), (name) => !pending.includes(name));
  },
  one: () => run({ count: 1 }),
  all: () => run({}),
  down: () => run({ direction: "down", count: 1 }),
});
