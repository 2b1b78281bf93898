"""yoyo's own backend: `status`, `one`, `all` or `down`."""
import os
import sys

from yoyo import get_backend, read_migrations

url = os.environ["DATABASE_URL"].replace("postgres:", "postgresql:").replace("sqlite:/", "sqlite:////")
backend = get_backend(url)
migrations = read_migrations("migrations")

with backend.lock():
    if sys.argv[1] == "status":
        pending = {migration.id for migration in backend.to_apply(migrations)}
        for migration in migrations:
            print("pending" if migration.id in pending else "applied", migration.id)
    elif sys.argv[1] == "down":
        backend.rollback_one(backend.to_rollback(migrations)[0])
    else:
        planned = backend.to_apply(migrations)
        backend.apply_migrations(planned[:1] if sys.argv[1] == "one" else planned)
