// Prisma with its schema engine in WebAssembly, which reaches the database through a driver.
const { PrismaLibSQL } = require("@prisma/adapter-libsql");
const { PrismaPg } = require("@prisma/adapter-pg");
const pg = require("pg");
const { file, kind, url } = require("./shared.js");

// The engine asks PostgreSQL's catalogue for columns of types that this driver doesn't know: "char" and name.
const { addFields } = pg.Result.prototype;
pg.Result.prototype.addFields = function (fields) {
  for (const field of fields) if ([18, 19].includes(field.dataTypeID)) field.dataTypeID = 25;
  return addFields.call(this, fields);
};

const adapters = {
  postgres: () => new PrismaPg({ connectionString: url }),
  sqlite: () => new PrismaLibSQL({ url: "file:" + file }),
};

module.exports = {
  schema: process.cwd() + "/prisma/schema.prisma",
  migrations: { path: process.cwd() + "/" + (process.env.MIGRATIONS ?? "prisma/migrations") },
  engine: "js",
  experimental: { adapter: true },
  adapter: async () => adapters[kind](),
};
