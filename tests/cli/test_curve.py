"""The command `curve`: its table and its picture."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

from arcparser.viz.curve_plot import curve_svg
from tests.helpers.command import TINY, Run
from tests.helpers.toy import DEV, ENHANCED


def test_curve(run: Run, tmp_path: Path) -> None:
    config, folder = tmp_path / "tiny.toml", tmp_path / "curve"
    config.write_text(TINY + "branches = 1\n")
    result = run("curve", DEV, "--dev", ENHANCED, "--output-dir", folder, "--epochs", "1", "--config", config)
    assert result.status == 0
    assert result.out.decode().splitlines()[-1].endswith("extrapolated, not measured")
    texts = [element.text for element in ET.parse(folder / "curve.svg").iter() if element.tag.endswith("text")]
    assert {"5", "10", "20", "41", "82"} <= {*texts}


def test_curves_of_all_heights() -> None:
    for values in ([0.0] * 4, [100.0] * 4, [1.0, 30.0, 60.0, 99.0]):
        picture = curve_svg(list(zip([5.0, 10, 20, 41], values)), lambda x: min(x, 100), end=82)
        ET.fromstring(picture)
        assert "nan" not in picture
