"""Django's own commands for a project of two apps: `status`, `one`, `all` or `down`."""
import os
import sys
from urllib.parse import urlsplit

sys.path.insert(0, os.getcwd())

import django
from django.conf import settings
from django.core.management import call_command

url = urlsplit(os.environ["DATABASE_URL"])
engine = {"postgres": "postgresql", "mysql": "mysql", "sqlite": "sqlite3"}[url.scheme.split("+")[0]]
if engine == "mysql":
    import pymysql

    pymysql.version_info = (2, 2, 7, "final", 0)
    pymysql.install_as_MySQLdb()
place = {"NAME": url.path.lstrip("/"), "USER": url.username, "PASSWORD": url.password, "HOST": url.hostname, "PORT": url.port}
if engine == "sqlite3":
    place = {"NAME": url.path}
settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends." + engine, **place}},
    INSTALLED_APPS=["shop", "blog"],
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    USE_TZ=True,
)
django.setup()

if sys.argv[1] == "status":
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    planned = {f"{migration.app_label}.{migration.name}" for migration, _ in plan}
    for app, name in sorted(executor.loader.graph.nodes):
        label = app + "." + name
        print("pending" if label in planned else "applied", label)
elif sys.argv[1] == "all":
    call_command("migrate", verbosity=0)
else:
    # The first of three is where it begins, and what is rolled back to.
    call_command("migrate", "shop", "0001_initial", verbosity=0)
