import pytest

from interaction_probes.contrast.method import Method
from interaction_probes.contrast.phases import phase_epochs


@pytest.mark.parametrize(
    ("phases", "epochs", "expected"),
    [
        (1, 0, [range(0)]),
        (1, 5, [range(5)]),
        (2, 2, [range(1), range(1, 2)]),
        (2, 5, [range(2), range(2, 5)]),
        (3, 3, [range(1), range(1, 2), range(2, 3)]),
        (2, 0, [range(0), range(0)]),
    ],
)
def test_every_epoch_is_in_a_phase(phases, epochs, expected):
    method = type("Phased", (Method,), {"phases": phases})
    assert phase_epochs(method, epochs) == expected


@pytest.mark.parametrize("phases", [1, 2, 3, 7])
def test_a_loss_tells_its_phase_by_the_progress(phases):
    method = type("Phased", (Method,), {"phases": phases})
    for epochs in range(phases, 120):
        for k, phase in enumerate(phase_epochs(method, epochs)):
            progress = [(epoch + 1) / epochs for epoch in phase]
            assert all(k / phases < each <= (k + 1) / phases for each in progress)


def test_a_phase_without_an_epoch_is_refused():
    method = type("Phased", (Method,), {"phases": 2})
    with pytest.raises(
        ValueError, match=r"^Phased is trained in 2 phases of an epoch or more each"
    ):
        phase_epochs(method, 1)
