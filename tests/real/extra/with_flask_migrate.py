"""Flask-Migrate's own commands: `status`, `one`, `all` or `down`."""
import os
import sys

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import Migrate, downgrade, upgrade
from flask_sqlalchemy import SQLAlchemy

url = os.environ["DATABASE_URL"].replace("postgres:", "postgresql+psycopg2:").replace("mysql:", "mysql+pymysql:")
app = Flask("app")
app.config["SQLALCHEMY_DATABASE_URI"] = url.replace("sqlite:/", "sqlite:////", 1)
db = SQLAlchemy(app)
migrate = Migrate(app, db)

with app.app_context():
    if not os.path.exists("migrations/env.py"):
        # What `flask db init` makes, beside the revisions that are there.
        from shutil import copy

        import flask_migrate

        templates = os.path.join(os.path.dirname(flask_migrate.__file__), "templates", "flask")
        copy(os.path.join(templates, "env.py"), "migrations/env.py")
        copy(os.path.join(templates, "alembic.ini.mako"), "migrations/alembic.ini")
    if sys.argv[1] == "status":
        script = ScriptDirectory.from_config(migrate.get_config())
        with db.engine.connect() as connection:
            heads = MigrationContext.configure(connection).get_current_heads()
        planned = {step.revision.revision for step in script._upgrade_revs("heads", heads)}
        for revision in script.walk_revisions():
            name = os.path.basename(revision.path)[: -len(".py")]
            print("pending" if revision.revision in planned else "applied", name)
    elif sys.argv[1] == "down":
        downgrade()
    else:
        upgrade(revision="aa" if sys.argv[1] == "one" else "heads")
