"""LibreOffice without windows: a workbook as it computes it."""

import subprocess
from pathlib import Path

import openpyxl


def computed(folder: Path, **books: bytes) -> dict[str, openpyxl.Workbook]:
    """Each workbook computed anew and read back, its values in its cells."""
    for name, made in books.items():
        (folder / f"{name}.xlsx").write_bytes(made)
    subprocess.run(
        [
            "soffice",
            f"-env:UserInstallation=file://{folder / 'profile'}",
            "--headless",
            "--norestore",
            "--convert-to",
            "xlsx:Calc MS Excel 2007 XML",
            "--outdir",
            folder / "computed",
            *(folder / f"{name}.xlsx" for name in books),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return {name: openpyxl.load_workbook(folder / "computed" / f"{name}.xlsx", data_only=True) for name in books}
