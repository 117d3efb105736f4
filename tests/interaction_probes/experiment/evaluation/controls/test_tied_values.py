"""What the trilinear probe is told of each image: the attribute that the rule ties."""

import numpy as np
import pytest

from interaction_probes.experiment.evaluation.final_controls import _tied_values
from trifeature import FactorCounts
from trifeature.dataset.vectors import VectorDesign, draw_factors
from trifeature.samples.design import SampleDesign

SHAPE, TEXTURE, COLOUR = range(3)


@pytest.mark.parametrize(
    ("task", "images", "columns"),
    [("S123", (1, 2, 3), (TEXTURE,) * 3), ("S13", (1, 3), (TEXTURE, COLOUR))],
)
def test_each_image_has_the_values_of_its_own_attribute(task, images, columns):
    data = draw_factors(VectorDesign(FactorCounts(3, 4, 4)), SampleDesign.standard(3), 0, 60)
    found = _tied_values(data, task, images)
    index, factors = data.probe_train.index, data.train.factors
    for values, image, column in zip(found, images, columns, strict=True):
        np.testing.assert_array_equal(values, factors[index[:, image - 1], column])
