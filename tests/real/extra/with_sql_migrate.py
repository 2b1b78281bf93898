"""The program sql-migrate: `status`, `one`, `all` or `down`."""
import os
import re
import subprocess
import sys
from urllib.parse import urlsplit

text = os.environ["DATABASE_URL"]
url = urlsplit(text)
dialect, source = {
    "postgres": ("postgres", text + "?sslmode=disable"),
    "mysql": ("mysql", f"{url.username}:{url.password}@tcp({url.hostname}:{url.port}){url.path}?parseTime=true"),
    "sqlite": ("sqlite3", url.path),
}[url.scheme]
with open("dbconfig.yml", "w") as file:
    file.write(f"development:\n  dialect: {dialect}\n  datasource: {source}\n  dir: migrations\n")

line = {"status": ["status"], "one": ["up", "-limit=1"], "all": ["up"], "down": ["down"]}[sys.argv[1]]
result = subprocess.run(["sql-migrate", *line], text=True, stdout=subprocess.PIPE)
if line == ["status"]:
    for name, applied in re.findall(r"^\| (\S+)\.sql +\| (.*?) +\|$", result.stdout, re.MULTILINE):
        print("pending" if applied == "no" else "applied", name)
sys.exit(result.returncode)
