// dbmate's program: `status`, `one`, `all` or `down`.
const { act, calls, first, kind, show, stem, stems, url } = require("./shared.js");

const line = (folder, action) => {
  const address = kind === "postgres" ? url + "?sslmode=disable" : url;
  return calls("dbmate/dist/cli.js", ["--url", address, "--migrations-dir", folder, "--no-dump-schema", action]);
};

act({
  status() {
    const done = line("db/migrations", "status").split("\n").filter((row) => row.startsWith("[X] "));
    const applied = done.map((row) => stem(row.slice("[X] ".length)));
    show(stems("db/migrations"), (name) => applied.includes(name));
  },
  one: () => line(first("db/migrations"), "migrate"),
  all: () => line("db/migrations", "migrate"),
  down: () => line("db/migrations", "rollback"),
});
