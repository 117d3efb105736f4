import pytest

from interaction_probes.analysis.schema import (
    MEASUREMENT_COLUMNS,
    METRIC_COLUMNS,
    METRICS,
    Measurement,
    as_plain_rows,
    from_plain_rows,
    image_only_label,
    image_only_probe,
    images_of_subset_bits,
    metric_of,
    subset_bits,
)

ONE = Measurement(2, "S", "linear", "auc", 0.5)


def test_the_columns_are_those_of_the_tables_so_far():
    assert (
        *("method", "preset", "pairs", "seed"),
        *("epoch", "task", "probe", "metric", "value"),
    ) == METRIC_COLUMNS


def test_plain_rows_read_back_by_the_names_of_their_columns():
    rows = as_plain_rows([ONE])
    assert rows == [(2, "S", "linear", "auc", 0.5)]
    assert from_plain_rows(rows, MEASUREMENT_COLUMNS) == [ONE]
    assert from_plain_rows(rows) == [ONE]  # as version 1 wrote them
    backwards = [tuple(reversed(row)) for row in rows]
    assert from_plain_rows(backwards, MEASUREMENT_COLUMNS[::-1]) == [ONE]


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        ([(2, "S", "linear", "auc")], None),
        ([(2, "S", "linear", "auc", 0.5, 1)], None),
        ([(2, "S", "linear", "auc")], MEASUREMENT_COLUMNS[:-1]),
        ([(2, "S", "linear", "auc", 0.5)], (*MEASUREMENT_COLUMNS[:-1], "other")),
        ([1], None),
    ],
)
def test_rows_that_do_not_fit_their_columns_are_refused(rows, columns):
    with pytest.raises((ValueError, TypeError)):
        from_plain_rows(rows, columns)


def test_a_mask_is_named_by_the_image_that_it_shows():
    assert [image_only_probe(m) for m in range(3)] == ["mask1", "mask2", "mask3"]
    assert image_only_label(image_only_probe(2)) == "image 3 alone"
    assert image_only_label("linear") is None


def test_bits_of_a_subset_tell_its_images():
    assert images_of_subset_bits(subset_bits([3, 1])) == (1, 3)
    assert [images_of_subset_bits(name) for name in ("bits", "mask1", "auc_mask1")] == [()] * 3


def test_ends_and_penalties_belong_to_their_metric():
    assert metric_of("gaussian_bits_high") == "gaussian_bits"
    assert metric_of("accuracy_strength") == "accuracy"
    assert metric_of("low") == "low"
    assert all(metric_of(name) == name for name in METRICS)


def test_a_metric_is_printed_with_its_factor_its_decimals_and_its_unit():
    assert (METRICS["accuracy"].heading, METRICS["accuracy"].text(0.98765)) == (
        "accuracy (%)",
        "98.8",
    )
    assert (METRICS["auc"].heading, METRICS["auc"].text(0.98765)) == ("AUC", "0.988")
    assert METRICS["mse"].text(0.98765) == "0.9877"
