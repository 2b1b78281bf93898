import os

from django.db import migrations, models


def happen(apps, schema_editor):
    if os.environ.get("ORDERS") == "fail":
        raise RuntimeError("no such luck")
    if os.environ.get("ORDERS") == "hang":
        schema_editor.execute("SELECT pg_sleep(600)")


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.CreateModel("Order", [("id", models.BigAutoField(primary_key=True))]),
        migrations.RunPython(happen, migrations.RunPython.noop),
    ]
