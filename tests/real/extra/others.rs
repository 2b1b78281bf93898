//! Frameworks in PHP, Ruby, Python and Go.

use super::{INTO_MENDED, TABLES};
use crate::real::Framework;
use crate::support::databases::Database;

on_each_database! {
    laravel_is_read_as_it_reads_itself,
    sequel_is_read_as_it_reads_itself,
    sequel_with_numbers_is_read_as_it_reads_itself,
    flask_migrate_is_read_as_it_reads_itself,
    yoyo_is_read_as_it_reads_itself,
    aerich_is_read_as_it_reads_itself,
    sql_migrate_is_read_as_it_reads_itself,
}

fn laravel_is_read_as_it_reads_itself(database: &Database) {
    let laravel = Framework::of(database, "laravel", "extra/with_laravel.php");
    let fails = "if (!file_exists('mended')) { throw new Exception('not yet'); }";
    for (name, class, body) in [
        ("2024_01_01_000001_make_a", "MakeA", ""),
        ("2024_01_02_000002_make_b", "MakeB", ""),
        ("2024_01_03_000003_make_c", "MakeC", fails),
    ] {
        let text = format!(
            "<?php\nclass {class} extends Illuminate\\Database\\Migrations\\Migration\n{{\n    public function up() {{ \
             {body} }}\n    public function down() {{}}\n}}\n"
        );
        laravel.app.write(&format!("database/migrations/{name}.php"), &text);
    }
    laravel.lives();
}

fn sequel(database: &Database, framework: &'static str, names: [&str; 3]) {
    let sequel = Framework::of(database, framework, "extra/with_sequel.rb");
    for (name, body) in names.into_iter().zip(["", "", "raise 'not yet' unless File.exist?('mended')"]) {
        let text = format!("Sequel.migration do\n  up {{ {body} }}\n  down {{}}\nend\n");
        sequel.app.write(&format!("db/migrate/{name}.rb"), &text);
    }
    sequel.lives();
}

fn sequel_is_read_as_it_reads_itself(database: &Database) {
    sequel(database, "sequel", ["20240101000000_a", "20240102000000_Upper", "20240103000000_c"]);
}

fn sequel_with_numbers_is_read_as_it_reads_itself(database: &Database) {
    sequel(database, "sequel-integer", ["001_a", "002_b", "003_c"]);
}

fn flask_migrate_is_read_as_it_reads_itself(database: &Database) {
    let flask = Framework::of(database, "flask-migrate", "extra/with_flask_migrate.py");
    for (id, down, body) in [("aa", "None", "pass"), ("bb", "'aa'", "pass"), ("cc", "'bb'", "open('mended')")] {
        let text = format!(
            "revision = '{id}'\ndown_revision = {down}\nbranch_labels = None\ndepends_on = None\n\n\ndef upgrade():\n    \
             {body}\n\n\ndef downgrade():\n    pass\n"
        );
        flask.app.write(&format!("migrations/versions/{id}_step.py"), &text);
    }
    flask.lives();
}

fn yoyo_is_read_as_it_reads_itself(database: &Database) {
    let yoyo = Framework::of(database, "yoyo", "extra/with_yoyo.py");
    yoyo.app.write("migrations/1_a.sql", TABLES[0]);
    yoyo.app.write("migrations/1_a.rollback.sql", "DROP TABLE a;\n");
    yoyo.app.write("migrations/2_b.py", "from yoyo import step\n\n__depends__ = {'1_a'}\n\nstep('SELECT 1')\n");
    let last = "from yoyo import step\n\n__depends__ = {'2_b'}\n\nstep(lambda connection: open('mended'))\n";
    yoyo.app.write("migrations/3_c.py", last);
    yoyo.lives();
}

fn aerich_is_read_as_it_reads_itself(database: &Database) {
    let aerich = Framework::of(database, "aerich", "extra/with_aerich.py");
    aerich.app.touch("app.py");
    let tables = ["DROP TABLE a;\n", "DROP TABLE b;\n", "DELETE FROM mended;\n"];
    let steps = [TABLES[0], TABLES[1], INTO_MENDED].into_iter().zip(tables);
    for (number, (up, down)) in steps.enumerate() {
        let function = |name: &str, sql: &str| format!("async def {name}(db) -> str:\n    return \"{}\"\n", sql.trim());
        let text = function("upgrade", up) + "\n\n" + &function("downgrade", down);
        aerich.app.write(&format!("migrations/models/{number}_2024010{number}000000_step.py"), &text);
    }
    aerich.lives();
}

fn sql_migrate_is_read_as_it_reads_itself(database: &Database) {
    let sql_migrate = Framework::of(database, "sql-migrate", "extra/with_sql_migrate.py");
    let down = ["DROP TABLE a;\n", "DROP TABLE b;\n", "DELETE FROM mended;\n"];
    let up = [TABLES[0], TABLES[1], INTO_MENDED];
    for (name, (up, down)) in ["1_a", "2_b", "10_c"].into_iter().zip(up.into_iter().zip(down)) {
        let text = format!("-- +migrate Up\n{up}\n-- +migrate Down\n{down}");
        sql_migrate.app.write(&format!("migrations/{name}.sql"), &text);
    }
    sql_migrate.lives();
}
