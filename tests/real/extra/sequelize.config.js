const { kind, url } = require("./shared.js");

module.exports = { url, dialect: kind };
