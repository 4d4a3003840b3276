"""CSV as people's tools write it; what cannot be read gets one sentence."""

import csv
import io

import pytest

from inventory.importing import csv_rows
from inventory.importing.rows import ReadRefused, text_of


def values(data):
    return [row.values for row in csv_rows.read(text_of(data)).rows]


@pytest.mark.parametrize(
    "data",
    [
        b"name,address\napp02,192.0.2.7\n",
        b"\xef\xbb\xbfname,address\r\napp02,192.0.2.7\r\n",
        "Name;Address\napp02;192.0.2.7".encode("utf-16"),
        b"name\taddress\r\napp02\t192.0.2.7",
        b'\n\n"name","address"\n\n"app02","192.0.2.7"\n,\n',
        b"name,address\rapp02,192.0.2.7\r",
    ],
)
def test_the_same_machine_in_many_dialects(data):
    assert values(data) == [{"name": "app02", "address": "192.0.2.7"}]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"name,note\napp02,caf\xe9\n", "Line 2 is not UTF-8"),
        (b"name\x00,note\n", "NUL characters"),
        (b"host,address\napp02,192.0.2.7\n", "names no column “name”"),
        (b"name,address,name\n", "column name stands there twice"),
        (b'name,note\napp02,"half\n', "is not CSV"),
        (b"", "names no column"),
    ],
)
def test_what_is_no_list_gets_one_sentence(data, sentence):
    with pytest.raises(ReadRefused, match=sentence):
        values(data)


def test_columns_that_nobody_knows_are_told_once_and_left_out():
    source = csv_rows.read("name,colour,address,=cmd\napp02,red,192.0.2.7,x\n")
    assert source.remarks == ["Columns that Regroup does not know were left out: colour, =cmd."]
    assert source.rows[0].values == {"name": "app02", "address": "192.0.2.7"}


def test_a_row_with_too_many_cells_is_at_fault_alone():
    rows = csv_rows.read("name,address\napp02,192.0.2.7,extra\napp03,192.0.2.8\n").rows
    assert [bool(row.fault) for row in rows] == [True, False]


def test_places_count_the_lines_of_cells_with_several():
    rows = csv_rows.read('name,note\napp02,"one\ntwo"\napp03,x\n').rows
    assert [row.where for row in rows] == ["line 2", "line 4"]


@pytest.mark.parametrize("cell", ["=cmd|' /C calc'!A0", "+1+1", "-1", "@SUM(A1)"])
def test_no_cell_of_an_export_is_a_formula_and_it_comes_back_the_same(cell):
    text = "".join(csv_rows.write([["app02", *[""] * 14, cell, "", ""]]))
    written = list(csv.reader(io.StringIO(text)))[1]
    assert not any(each.startswith(("=", "+", "-", "@")) for each in written)
    assert cell in csv_rows.read(text).rows[0].values.values()
