// Supabase's program: `status`, `one` or `all`.
const fs = require("fs");
const { act, calls, first, show, stems, url } = require("./shared.js");

const folder = "supabase/migrations";
const line = (...args) =>
  calls("supabase/dist/supabase.js", ["migration", ...args, "--remote=" + url + "?sslmode=disable"], {
    HOME: process.cwd(),
    SUPABASE_TELEMETRY_DISABLED: "1",
  });

act({
  status() {
    const remote = [...line("list").matchAll(/\| *`(\d+)` *\| `/g)].map((match) => match[1]);
    show(stems(folder), (name) => remote.includes(name.split("_")[0]));
  },
  one() {
    fs.cpSync(first(folder), "only/" + folder, { recursive: true });
    line("up", "--yes", "--workdir", "only");
  },
  // What would be asked is whether to apply them.
  all: () => line("up", "--yes"),
});
