// umzug without Sequelize's command line: `status`, `one`, `all` or `down`.
const { Sequelize } = require("sequelize");
const { SequelizeStorage, Umzug } = require("umzug");
const { act, show, stem } = require("./shared.js");
const config = require("./sequelize.config.js");

const sequelize = new Sequelize(config.url, { logging: false });
const umzug = new Umzug({
  migrations: { glob: "migrations/*.js" },
  storage: new SequelizeStorage({ sequelize }),
  logger: undefined,
});

act(
  {
    async status() {
      const [executed, pending] = [await umzug.executed(), await umzug.pending()];
      show([...executed, ...pending].map(({ name }) => stem(name)), (stem_) =>
        executed.some(({ name }) => stem(name) === stem_),
      );
    },
    one: () => umzug.up({ step: 1 }),
    all: () => umzug.up(),
    down: () => umzug.down(),
  },
  () => sequelize.close(),
);
