"""What a probed representation is at an epoch: its effective rank, and whether it has collapsed."""

from collections.abc import Sequence

from torch import Tensor

from interaction_probes.analysis.schema import RepresentationRow
from interaction_probes.probing.pca_basis import PCABasis
from interaction_probes.probing.representation.collapse import count_not_finite, is_constant
from interaction_probes.probing.representation.effective_rank import effective_rank
from interaction_probes.probing.standardiser import CollapsedError


def basis_and_row(
    features: Sequence[Tensor], epoch: int, probe: str, standardise: bool = True
) -> tuple[PCABasis | None, RepresentationRow]:
    """The basis that the probes of all tasks share, and the row of representation.csv.

    Args:
        features: of the train pairs [n, d] and of the test pairs [m, d].
        epoch: epochs trained.
        probe: the name of the probe that reads them.
        standardise: whether the basis scales features.

    Returns:
        The basis, None where the representation has collapsed; and the row.

    Raises:
        ValueError: features that are not finite, or beyond the range of float32.
    """
    for name, part in zip(("train", "test"), features, strict=True):
        if bad := count_not_finite(part):
            why = (
                "the method has diverged, and a lower learning rate may help; earlier epochs are "
                "kept"
                if epoch
                else "nothing has been learnt yet, so look at the method's initial weights"
            )
            raise ValueError(
                f"probe {probe}: the representation of {bad} of {len(part)} {name} pairs is NaN or "
                f"infinite after epoch {epoch}, so nothing can be probed: {why}"
            )
    train = features[0]
    try:
        basis = PCABasis.of(train, standardise)
    except CollapsedError as error:
        if not is_constant(train):
            raise ValueError(
                f"probe {probe}: features of up to {float(train.abs().max()):.1e} are too large or "
                "too small for float32: scale them"
            ) from error
        return None, RepresentationRow(epoch, probe, 1.0, train.shape[1], 1)
    return basis, RepresentationRow(epoch, probe, effective_rank(train), train.shape[1], 0)
