"""Aerich's own commands: `status`, `one`, `all` or `down`."""
import asyncio
import os
import shutil
import sys

from aerich import Command
from tortoise import Tortoise
from tortoise.exceptions import OperationalError

sys.path.insert(0, os.getcwd())
url = os.environ["DATABASE_URL"].replace("postgres:", "asyncpg:").replace("sqlite:/", "sqlite:///")
config = {"connections": {"default": url}, "apps": {"models": {"models": ["app", "aerich.models"]}}}


async def act():
    location = "migrations"
    if sys.argv[1] == "one":
        location = "first"
        name = sorted(os.listdir("migrations/models"))[0]
        os.makedirs("first/models")
        shutil.copy(f"migrations/models/{name}", f"first/models/{name}")
    command = Command(tortoise_config=config, app="models", location=location)
    await command.init()
    if sys.argv[1] == "status":
        try:
            pending = await command.heads()
        except OperationalError:
            # There is no table yet.
            pending = os.listdir("migrations/models")
        for name in sorted(name for name in os.listdir("migrations/models") if name.endswith(".py")):
            print("pending" if name in pending else "applied", name[: -len(".py")])
    elif sys.argv[1] == "down":
        await command.downgrade(version=-1, delete=False)
    else:
        # Its table, as `init-db` makes it.
        await Tortoise.generate_schemas(safe=True)
        await command.upgrade()


async def main():
    try:
        await act()
    finally:
        # An open connection's thread would keep the process.
        await Tortoise.close_connections()


asyncio.run(main())
