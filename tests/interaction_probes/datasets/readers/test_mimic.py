import random

import numpy as np
import pytest
from foreign_files import mimic, write_pickle

from interaction_probes.datasets.loading import load_dataset, read_unchecked


def read(tmp_path, content, **options):
    return load_dataset(write_pickle(tmp_path / "im.pk", content), "mimic", **options)


def test_values_labels_and_split(tmp_path):
    content = mimic()
    data = read(tmp_path, content, standardise=False)
    admission, hours = data.modalities
    assert (admission.name, admission.kind, admission.values.shape) == (
        "admission",
        "vectors",
        (60, 5),
    )
    assert (hours.name, hours.kind, hours.values.shape) == ("hours", "sequences", (60, 24, 12))
    expected = np.nan_to_num(content["ep_tdata"], posinf=0).astype(np.float32)
    np.testing.assert_array_equal(hours.values, expected)
    diagnosis, mortality = data.labels
    assert diagnosis.values.tolist() == content["y_icd9"][:, 7].astype(int).tolist()
    for row, died in enumerate(content["adm_labels_all"]):
        first = next((k for k in range(1, 6) if died[k] > 0), 0)
        assert mortality.values[row] == first
    rows = [*range(60)]
    random.Random(10).shuffle(rows)
    parts = {part: found.tolist() for part, found in data.split.parts().items()}
    assert parts == {
        "validation": sorted(rows[:6]),
        "test": sorted(rows[6:12]),
        "train": sorted(rows[12:]),
    }
    assert "hours: 2 missing or infinite values were set to 0" in data.notes


def test_training_rows_alone_standardise(tmp_path):
    data = read(tmp_path, mimic())
    for one in data.modalities:
        train = one.values[data.split.train].reshape(-1, one.values.shape[-1])
        np.testing.assert_allclose(train.mean(0), 0, atol=1e-5)
        np.testing.assert_allclose(train.std(0), 1, atol=1e-5)
        every = one.values.reshape(-1, one.values.shape[-1])
        assert np.abs(every.mean(0)).max() > 1e-3
    assert any("training rows only: admission, hours" in note for note in data.notes)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("y_icd9", None), "the pickle has no 'y_icd9': expected ep_tdata, adm_features_all, adm_"),
        (
            ("adm_labels_all", np.where(np.arange(60)[:, None] == [9] * 6, np.nan, 0)),
            "adm_labels_all has 5 values that are missing or not finite, the first in row 9",
        ),
        (("y_icd9", np.zeros((60, 3))), "y_icd9 has 3 columns: 8 or more"),
        (("y_icd9", np.full((60, 20), 2)), "y_icd9, column 7 is 0 or 1: row 0 is 2"),
        (
            ("adm_labels_all", np.zeros((59, 6))),
            r"adm_labels_all is float64 \[59, 6\]: numbers \[60",
        ),
        (("ep_tdata", np.zeros((60, 24))), r"ep_tdata is float64 \[60, 24\]: numbers \[…, …, …\]"),
    ],
)
def test_other_content_is_one_line(tmp_path, change, expected):
    key, values = change
    content = {k: v for k, v in (mimic() | {key: values}).items() if v is not None}
    with pytest.raises(ValueError, match=expected):
        read(tmp_path, content)


@pytest.mark.parametrize(("n", "tested"), [(57, 6), (54, 5)])
def test_test_rows_end_at_a_fifth_of_all(tmp_path, n, tested):
    """A fifth of the rows, rounded down, may be one more than two tenths that are."""
    rows = [*range(n)]
    random.Random(10).shuffle(rows)
    content = {key: values[:n] for key, values in mimic().items()}
    data = read_unchecked(write_pickle(tmp_path / "im.pk", content), "mimic")
    assert data.split.validation.tolist() == sorted(rows[: n // 10])
    assert data.split.test.tolist() == sorted(rows[n // 10 : n // 5])
    assert data.split.train.tolist() == sorted(rows[n // 5 :])
    assert len(data.split.test) == tested
