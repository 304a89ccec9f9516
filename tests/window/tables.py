"""Writes what is in files as JSON to standard output: the tables of a database, or the texts of a ZIP file."""

import json
import sqlite3
import sys
import zipfile

kind, path, *names = sys.argv[1:]
if kind == "database":
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    told = {name: sorted(map(str, db.execute(f"SELECT * FROM {name}").fetchall())) for name in names}
else:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        told = {name: archive.read(name).decode() for name in archive.namelist()}
print(json.dumps(told))
