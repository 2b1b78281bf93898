//! The frameworks with the most users.

use super::Framework;
use crate::support::databases::Database;

on_each_database! {
    rails_is_read_as_it_reads_itself,
    django_is_read_as_it_reads_itself,
    alembic_is_read_as_it_reads_itself,
    knex_is_read_as_it_reads_itself,
}

fn rails_is_read_as_it_reads_itself(database: &Database) {
    let rails = Framework::of(database, "rails", "with_rails.rb");
    let class = |name: &str, body: &str| {
        format!("class {name} < ActiveRecord::Migration[6.1]\n  def change\n    {body}\n  end\nend\n")
    };
    rails.app.write("db/migrate/001_make_a.rb", &class("MakeA", "create_table :a"));
    rails.app.write("db/migrate/engine/20240102_make_b.shop.rb", &class("MakeB", "create_table :b"));
    let body = "raise 'not yet' unless File.exist?('mended')\n    create_table :c";
    rails.app.write("db/migrate/20240103_make_c.rb", &class("MakeC", body));
    rails.lives();
}

fn django_is_read_as_it_reads_itself(database: &Database) {
    let django = Framework::of(database, "django", "with_django.py");
    let class = |dependencies: &str, body: &str| {
        format!(
            "import os\nfrom django.db import migrations\n\ndef run(apps, schema):\n    {body}\n\nclass \
             Migration(migrations.Migration):\n    dependencies = [{dependencies}]\n    operations = \
             [migrations.RunPython(run, migrations.RunPython.noop)]\n"
        )
    };
    for package in ["shop", "shop/migrations", "blog", "blog/migrations"] {
        django.app.touch(&format!("{package}/__init__.py"));
    }
    django.app.write("shop/migrations/0001_initial.py", &class("", "pass"));
    django.app.write("shop/migrations/0002_more.py", &class("('shop', '0001_initial')", "pass"));
    django.app.write("blog/migrations/0001_initial.py", &class("('shop', '0002_more')", "open('mended')"));
    django.lives();
}

fn alembic_is_read_as_it_reads_itself(database: &Database) {
    let alembic = Framework::of(database, "alembic", "with_alembic.py");
    alembic.app.write("alembic.ini", "[alembic]\nscript_location = %(here)s/revisions\n");
    let environment = "from alembic import context\nfrom sqlalchemy import create_engine\n\nwith \
                       create_engine(context.config.attributes['url']).connect() as connection:\n    \
                       context.configure(connection=connection)\n    with context.begin_transaction():\n        \
                       context.run_migrations()\n";
    alembic.app.write("revisions/env.py", environment);
    let revision = |id: &str, down: &str, depends: &str, body: &str| {
        format!(
            "revision: str = '{id}'\ndown_revision = {down}\nbranch_labels = None\ndepends_on = {depends}\n\ndef \
             upgrade():\n    {body}\n\ndef downgrade():\n    pass\n"
        )
    };
    alembic.app.write("revisions/versions/aa_first.py", &revision("aa", "None", "None", "pass"));
    alembic.app.write("revisions/versions/bb_side.py", &revision("bb", "'aa'", "None", "pass"));
    alembic.app.write("revisions/versions/cc_merge.py", &revision("cc", "'aa'", "'bb'", "open('mended')"));
    alembic.lives();
}

fn knex_is_read_as_it_reads_itself(database: &Database) {
    let knex = Framework::of(database, "knex", "with_knex.js");
    let module = |body: &str| format!("exports.up = async () => {{ {body} }};\nexports.down = async () => {{}};\n");
    knex.app.write("migrations/20240101_a.js", &module(""));
    knex.app.write("migrations/20240102_b.js", &module(""));
    knex.app.write("migrations/20240103_c.js", &module("require('fs').readFileSync('mended');"));
    knex.lives();
}
