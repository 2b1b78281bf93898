// graphile-migrate's own runner: `status`, `one` or `all`.
const fs = require("fs");
const { migrate, status } = require("graphile-migrate");
const { calculateHash } = require("graphile-migrate/dist/hash");
const { act, first, show, stems, url } = require("./shared.js");

// As its `commit`, which needs a second database, would write them: each with the digest of itself and of the last.
const folder = "migrations/committed";
let previous = null;
for (const name of stems(folder)) {
  const file = `${folder}/${name}.sql`;
  const body = fs.readFileSync(file, "utf8").replace(/^--!.*\n/gm, "").trim() + "\n";
  const hash = calculateHash(body, previous);
  fs.writeFileSync(file, `--! Previous: ${previous ?? "-"}\n--! Hash: ${hash}\n\n${body}`);
  previous = hash;
}
// A shadow database must be named; only `commit` uses it.
const settings = (folder) => ({ connectionString: url, shadowConnectionString: url + "_shadow", migrationsFolder: folder });

act({
  async status() {
    const { remainingMigrations } = await status(settings("migrations"));
    show(stems(folder), (name) => !remainingMigrations.includes(name.split("-")[0] + ".sql"));
  },
  async one() {
    first(folder);
    fs.mkdirSync("only/committed", { recursive: true });
    fs.cpSync("first", "only/committed", { recursive: true });
    await migrate(settings("only"));
  },
  all: () => migrate(settings("migrations")),
});
