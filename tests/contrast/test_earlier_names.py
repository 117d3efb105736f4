"""Names that methods of users may import from before they were renamed."""

import importlib

import pytest
import torch
from small_methods import batch, build

from interaction_probes.baselines.late_fusion import LateFusion
from interaction_probes.comm.method import CoMM, FusionMethod
from interaction_probes.contrast import losses

EARLIER = {
    ("contrast.bounds", "nce"): losses.nce,
    ("contrast.bounds", "information_nce"): losses.infonce_lower_bound,
    ("contrast.bounds", "information_club"): losses.club_upper_bound,
    ("baselines.separate", "Separate"): LateFusion,
    ("comm.method", "Fused"): FusionMethod,
}


@pytest.mark.parametrize(("module", "name"), EARLIER)
def test_an_earlier_name_answers_with_a_warning(module, name):
    found = importlib.import_module(f"interaction_probes.{module}")
    with pytest.warns(DeprecationWarning, match=f"{name} is now"):
        assert getattr(found, name) is EARLIER[module, name]
    with pytest.raises(AttributeError, match="no_such_name"):
        found.no_such_name  # noqa: B018


def test_an_earlier_method_answers_with_a_warning():
    method = build(CoMM).eval()
    given = batch(method)
    with pytest.warns(DeprecationWarning, match="now tokenise_views"):
        found = method.read_views(given)
    for earlier, now in zip(found, method.tokenise_views(given), strict=True):
        assert torch.equal(earlier.scores, now.scores)
