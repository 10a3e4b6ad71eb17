"""The choice of a device, which says what this machine has. Only the engine has torch, so it is asked."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QProcess
from PySide6.QtWidgets import QComboBox

from netlab.language import tr

KINDS = ("cuda", "mps")  # which not every machine has


class DeviceField(QComboBox):
    """Opening the list asks what there is; names and free memory come a moment later."""

    known: list[dict[str, Any]] = []

    def __init__(self, choices: tuple[str, ...], value: str, changed: Callable[[Any], object]) -> None:
        super().__init__()
        self.setMinimumWidth(80)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for name in dict.fromkeys((*choices, value)):
            self.addItem(name, name)
        self.setCurrentIndex(self.findData(value))
        self._show()
        self.currentIndexChanged.connect(lambda _: changed(self.currentData()))
        self._process = process = QProcess(self)
        process.setStandardErrorFile(QProcess.nullDevice())
        process.finished.connect(self._answered)
        self.destroyed.connect(lambda: _end(process))

    def showPopup(self) -> None:
        if self._process.state() == QProcess.ProcessState.NotRunning:
            self._process.start(sys.executable, ["-m", "netlab", "devices", "--json"])
        super().showPopup()

    def _answered(self) -> None:
        try:
            DeviceField.known = json.loads(bytes(self._process.readAllStandardOutput().data()))
        except ValueError:  # the list is there without it
            return
        self._show()

    def _show(self) -> None:
        """Write what is known behind each name."""
        found = {device["device"]: device for device in DeviceField.known}
        many = [name for name in found if name.startswith("cuda")]
        for name in many if len(many) > 1 else ():
            if self.findData(name) < 0:
                self.insertItem(self.findData("mps"), name, name)
        if many:
            found["cuda"] = max((found[name] for name in many), key=lambda device: device["free"])
        for i in range(self.count()):
            name = self.itemData(i)
            if name in found:
                self.setItemText(i, _told(name, found[name]))
            elif found and name.partition(":")[0] in KINDS:
                self.setItemText(i, tr("{name}: not on this machine", name=name))
        self.view().setMinimumWidth(self.view().sizeHintForColumn(0) + 24)


def _told(name: str, device: dict[str, Any]) -> str:
    values = {"name": name, "free": device["free"] / 1e9, "total": device["total"] / 1e9, "called": device["name"]}
    if name == "cpu":
        return tr("{name}: {free:.1f} of {total:.1f} GB free", **values)
    return tr("{name}: {called}, {free:.1f} of {total:.1f} GB free", **values)


def _end(process: QProcess) -> None:
    process.kill()
    process.waitForFinished(2000)
