"""Alembic's own commands: `status`, `one`, `all` or `down`."""
import os
import sys

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

url = os.environ["DATABASE_URL"].replace("postgres:", "postgresql+psycopg2:").replace("mysql:", "mysql+pymysql:")
url = url.replace("sqlite:/", "sqlite:////", 1)
config = Config("alembic.ini")
config.attributes["url"] = url

if sys.argv[1] == "status":
    script = ScriptDirectory.from_config(config)
    with create_engine(url).connect() as connection:
        heads = MigrationContext.configure(connection).get_current_heads()
    planned = {step.revision.revision for step in script._upgrade_revs("heads", heads)}
    for revision in script.walk_revisions():
        name = os.path.basename(revision.path)[: -len(".py")]
        print("pending" if revision.revision in planned else "applied", name)
elif sys.argv[1] == "down":
    command.downgrade(config, "-1")
else:
    command.upgrade(config, "aa" if sys.argv[1] == "one" else "heads")
