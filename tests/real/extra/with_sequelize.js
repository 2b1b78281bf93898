// Sequelize's command line: `status`, `one`, `all` or `down`.
const fs = require("fs");
const path = require("path");
const { act, calls, show, stem } = require("./shared.js");

const line = (...args) =>
  calls("sequelize-cli/lib/sequelize", [...args, "--config", path.join(__dirname, "sequelize.config.js")]);

act({
  status() {
    const up = line("db:migrate:status").split("\n").filter((row) => row.startsWith("up "));
    const applied = up.map((row) => stem(row.slice("up ".length)));
    show(fs.readdirSync("migrations").map(stem), (name) => applied.includes(name));
  },
  one: () => line("db:migrate", "--to", fs.readdirSync("migrations").sort()[0]),
  all: () => line("db:migrate"),
  down: () => line("db:migrate:undo"),
});
