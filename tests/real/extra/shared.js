// What the scripts beside this one share: the database, the files, and how an action is run and told.
const { spawnSync } = require("child_process");
const fs = require("fs");
const path = require("path");

const url = new URL(process.env.DATABASE_URL);
exports.url = process.env.DATABASE_URL;
exports.kind = url.protocol.slice(0, -1);
// The file of an SQLite database.
exports.file = url.pathname;

exports.stem = (file) => path.parse(file).name;
exports.stems = (folder) => fs.readdirSync(folder).map(exports.stem).sort();

// A copy of the folder with only the first of its migrations.
exports.first = (folder) => {
  fs.rmSync("first", { recursive: true, force: true });
  const [name] = fs.readdirSync(folder).filter((name) => /^\d/.test(name)).sort();
  fs.cpSync(path.join(folder, name), path.join("first", name), { recursive: true });
  return "first";
};

exports.show = (names, isApplied) => {
  names.forEach((name) => console.log(isApplied(name) ? "applied" : "pending", name));
};

// Another program of the installed packages, by its path there.
exports.call = (program, args, environment = {}) => {
  const script = path.join(process.env.NODE_PATH, program);
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
    encoding: "utf8",
    env: { ...process.env, ...environment },
  });
  return { works: status === 0, said: stdout + stderr };
};

exports.calls = (...args) => {
  const { works, said } = exports.call(...args);
  if (!works) throw new Error(said);
  return said;
};

exports.act = async (actions, end = () => {}, begin = () => {}) => {
  try {
    await begin();
    await actions[process.argv[2]]();
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  } finally {
    await end();
  }
};
