"""A folder of Parquet parts, as Spark writes one, is sent as one file."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kpiplatform.client import ClientError, parts


def table(*ids) -> pa.Table:
    return pa.table({"example_id": list(ids), "y_true": [1.0] * len(ids)})


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "predictions.parquet"
    made.mkdir()
    (made / "_SUCCESS").touch()
    (made / ".part-00000.parquet.crc").write_bytes(b"crc")
    pq.write_table(table("c", "d"), made / "part-00001.snappy.parquet")
    pq.write_table(table("a", "b"), made / "part-00000.snappy.parquet")
    return made


def test_parts_follow_one_another_by_name_and_what_a_job_left_is_no_part(folder):
    (folder / "_temporary").mkdir()
    pq.write_table(table("z"), folder / "_temporary" / "part-0.parquet")
    with parts.whole(folder) as file:
        assert pq.read_table(file).equals(table("a", "b", "c", "d"))
        assert file.name == "predictions.parquet"
    assert not file.exists()


def test_folders_of_values_inside_it_are_a_column(tmp_path):
    for split in ("test", "valid"):
        (tmp_path / f"split={split}").mkdir()
        pq.write_table(table(split), tmp_path / f"split={split}" / "0.parquet")
    with parts.whole(tmp_path) as file:
        assert pq.read_table(file).column("split").to_pylist() == ["test", "valid"]


def test_a_file_is_sent_as_it_is(tmp_path):
    for given in (None, tmp_path / "rows.csv", "rows.csv"):
        with parts.whole(given) as file:
            assert file is given


def test_a_folder_that_is_no_table_is_refused_with_what_to_do(tmp_path, folder):
    (tmp_path / "csv").mkdir()
    (tmp_path / "csv" / "part-0.csv").write_text("example_id\n")
    pq.write_table(pa.table({"example_id": [[1]], "y_true": [1.0]}), folder / "part-00002.parquet")
    for given in (tmp_path / "csv", folder):
        with pytest.raises(ClientError) as caught, parts.whole(given):
            pass
        assert caught.value.field == "file"
        assert "is a folder" in caught.value.message
        assert "Send one file" in caught.value.remedy


@pytest.mark.parametrize("lacks", ["part-00000.snappy.parquet", "part-00001.snappy.parquet"])
def test_a_part_that_lacks_a_column_is_named_rather_than_filled_with_nothing(folder, lacks):
    for name in ("part-00000.snappy.parquet", "part-00001.snappy.parquet"):
        if name != lacks:
            pq.write_table(table("a", "b").append_column("country", [["PT", "ES"]]), folder / name)
    with pytest.raises(ClientError) as caught, parts.whole(folder):
        pass
    assert f"whose part {lacks} has no column country" in caught.value.message
    assert "with the same columns" in caught.value.remedy


def test_without_pyarrow_a_folder_is_refused_with_what_to_install(folder, monkeypatch):
    def missing(name: str):
        raise ImportError(name)

    monkeypatch.setattr(parts.importlib, "import_module", missing)
    with pytest.raises(ClientError) as caught, parts.whole(folder):
        pass
    assert "pip install pyarrow" in caught.value.remedy
