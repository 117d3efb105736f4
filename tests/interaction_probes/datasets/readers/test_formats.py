import pytest
from foreign_files import affect, write_pickle

from interaction_probes.check_data import Command, main
from interaction_probes.datasets.loading import load_dataset
from interaction_probes.datasets.readers.formats import FORMATS


def test_the_command_offers_every_format():
    shown = str(Command.__annotations__["format"])
    assert all(f"'{name}'" in shown for name in FORMATS)


def test_names_and_options_that_do_not_exist(tmp_path):
    path = write_pickle(tmp_path / "a.pkl", affect())
    with pytest.raises(ValueError, match=r"no format 'afect'; did you mean 'affect'\?"):
        load_dataset(path, "afect")
    with pytest.raises(
        ValueError, match="format mimic has no option 'neutral'; it has standardise"
    ):
        load_dataset(path, "mimic", neutral="negative")
    with pytest.raises(ValueError, match="no such file or folder"):
        load_dataset(tmp_path / "b.pkl", "affect")


def test_the_command_reads_a_format(tmp_path, capsys):
    path = str(write_pickle(tmp_path / "a.pkl", affect()))
    with pytest.raises(SystemExit) as stop:
        main([path, "--format", "affect"])
    assert stop.value.code == 1
    assert "choose neutral negative, positive or drop" in capsys.readouterr().out
    words = ["--neutral", "drop", "--no-standardise", "--modalities", "text", "audio"]
    main([path, "--format", "affect", *words])
    shown = capsys.readouterr().out
    assert "not standardised: vision, audio, text" in shown
    assert "  text: sequences" in shown
    assert "  vision: sequences" not in shown
