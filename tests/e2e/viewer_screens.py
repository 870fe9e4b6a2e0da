"""The image side's states as pictures: a tour of its own, also walked by ``tests.e2e.screens``.

Studies are drawn on the spot and say so. Run alone: ``python -m tests.e2e.viewer_screens OUT``.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pydicom
from pydicom.uid import generate_uid
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from lacuna.app import Application
from lacuna.settings import Settings
from lacuna.study.measure import Bidirectional, Cobb, FreehandRoi, Length, Note
from lacuna.study.volume import SLABS
from lacuna.ui.viewer.board import mark_of
from lacuna.ui.viewer.commands import Command
from lacuna.ui.viewer.mouse import MouseAct
from lacuna.ui.viewer.viewer_state import CT_PRESETS, Act, Tool
from tests.e2e import drive, stage
from tests.helpers import demo_studies as demo

KEY = Qt.Key


class ViewerTour:
    """Drops one drawn study after the other and takes a picture of how it hangs."""

    def __init__(self, application: Application, out: Path, place: Path) -> None:
        self.application, self.out, self.place = application, out, place
        self.parts = application.parts
        self.taken: list[Path] = []

    def walk(self) -> list[Path]:
        """Take all pictures; return their paths."""
        for stop in (
            self.radiograph,
            self.turned,
            self.magnified,
            self.ct,
            self.cuts,
            self.mammogram,
            self.ultrasound,
            self.prior,
            self.documents,
            self.patients,
            self.broken,
            self.keys,
        ):
            stop()
        return self.taken

    def radiograph(self) -> None:
        """A chest radiograph with two diameters, an outline, a Cobb angle and words."""
        self.drop("dx", *demo.radiograph(self.place / "dx"))
        view = self.parts.window.image_view
        assert view.picture is not None
        outline = tuple((430 + dx, 250 + dy) for dx, dy in ((0, 0), (60, 10), (70, 60), (10, 70)))
        for shape in (
            Bidirectional((178, 256), (206, 256), (192, 244), (192, 268)),
            FreehandRoi(outline),
            Cobb((270, 470), (370, 480), (275, 560), (372, 545)),
            Note((470, 150), "compare"),
        ):
            view.board.put(mark_of(shape, view.picture))
        view.setFocus()
        self.take("viewer-radiograph")
        view.use_board(type(view.board)())

    def turned(self) -> None:
        """The same radiograph turned to the right and flipped: letters keep to their sides."""
        view = self.parts.window.image_view
        view.act(Act.ROTATE_RIGHT)
        view.act(Act.FLIP_HORIZONTAL)
        self.take("viewer-turned")
        view.act(Act.RESET)

    def magnified(self) -> None:
        """The magnifier over a nodule, the radiograph at its true size."""
        window, view = self.parts.window, self.parts.window.image_view
        view.screen_dpi = 96.0
        window.lightbox.orders.obey(Command.TRUE_SIZE)
        window.viewports.set_tool(Tool.MAGNIFY)
        sheet = view.sheet()
        assert sheet is not None
        at = sheet.view_point((192, 256)).toPoint()
        QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=at)
        self.take("viewer-magnifier")
        QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=at)
        window.viewports.set_tool(Tool.WINDOW)

    def ct(self) -> None:
        """A CT as it hangs, lung and bone windows side by side, the coronal cut's line on both."""
        files = demo.ct(self.place / "ct", name="Lung 1.25")
        self.drop("ct", *files, *demo.ct(self.place / "ct", series=4, name="Bone 2.0"))
        views = self.parts.window.viewports.views()
        self.wait(len(views) == 4)
        views[1].set_window(CT_PRESETS[4])
        views[0].go_to(27)
        self.parts.window.viewports.activate(views[2])
        self.settle()
        self.take("viewer-ct")
        self.parts.window.viewports.activate(views[0])
        views[0].setFocus()
        self.settle()
        self.take("viewer-ct-axial-active")

    def cuts(self) -> None:
        """Axial, coronal and sagittal beside the series; the sagittal one as a MIP slab."""
        window = self.parts.window
        drive.press(window.image_view, KEY.Key_M)
        self.settle()
        window.viewports.activate(window.viewports.views()[3])
        for _ in SLABS[:3]:
            window.lightbox.cuts.next_slab()
        window.viewports.activate(window.viewports.views()[2])
        self.settle()
        self.take("viewer-mpr")

    def mammogram(self) -> None:
        """Four views, right and left."""
        self.drop("mg", *demo.mammogram(self.place / "mg"))
        self.settle()
        self.take("viewer-mammogram")

    def ultrasound(self) -> None:
        """A colour cine with a length in its calibrated region."""
        self.drop("us", *demo.ultrasound(self.place / "us"))
        view = self.parts.window.image_view
        view.toggle_cine()
        drive.pause(0.3)
        self.take("viewer-ultrasound-running")
        view.toggle_cine()
        self.settle()
        assert view.picture is not None
        view.board.put(mark_of(Length((190, 210), (290, 210)), view.picture))
        self.take("viewer-ultrasound-cine")

    def prior(self) -> None:
        """A radiograph beside the patient's earlier one, two key images for the model."""
        today = demo.radiograph(self.place / "two", "dx-now", seed=1)
        self.drop("dx-now", *today, *demo.radiograph(self.place / "two", "dx-then", demo.BEFORE))
        views = self.parts.window.viewports.views()
        self.wait(len(views) == 2)
        self.settle()
        for view in views:
            self.parts.window.viewports.activate(view)
            drive.press(view, KEY.Key_K)
        self.parts.window.viewports.activate(views[0])
        self.take("viewer-prior")

    def documents(self) -> None:
        """A structured report and a PDF that came with a study."""
        files = demo.radiograph(self.place / "doc", "dx-doc")
        sr = demo.report_document(self.place / "doc", "dx-doc")
        pdf = demo.pdf_document(self.place / "doc", "dx-doc")
        self.drop("dx-doc", *files, sr, pdf)
        window = self.parts.window
        for number, entry in enumerate(window.series_strip.entries()):
            if entry.document is not None:
                window.show_series(number)
                self.wait(window.image_view.page is not None)
                drive.pause(0.6)
                self.take(f"viewer-document-{entry.document.kind}")
        window.image_view.zoom(5.0)
        drive.pause(1.0)
        self.take("viewer-document-enlarged")

    def patients(self) -> None:
        """Two patients in one drop: the notice, and the list to choose from."""
        files = demo.radiograph(self.place / "many", "dx-a")
        files += demo.radiograph(self.place / "many", "dx-b", demo.BEFORE)
        files += demo.ct(self.place / "many", "ct-b", slices=10, size=64)
        for path in demo.radiograph(self.place / "many", "dx-c", seed=1):
            ds = pydicom.dcmread(path)
            ds.PatientID, ds.PatientName = "DEMO-2", "DEMONSTRATION^Second"
            ds.PatientSex, ds.PatientBirthDate = "M", "19710902"
            ds.save_as(path)
            files.append(path)
        drive.drop(self.parts.window, *files)
        drive.wait_for(lambda: not self.parts.opening.under_way, "the end of reading")
        self.settle()
        self.parts.opening.list_patients()
        self.take("viewer-patients")
        self.parts.window.patients_dialog.close_overlay()

    def broken(self) -> None:
        """A file that is cut off, beside one that is whole."""
        files = demo.radiograph(self.place / "half", "dx-half")
        self.drop("dx-half", *files, demo.broken(self.place / "half"))
        self.take("viewer-broken-file")

    def keys(self) -> None:
        """Keys and buttons, one of which is refused."""
        window = self.parts.window
        window.lightbox.keys_wanted.emit()
        dialog = window.keys_dialog
        QTest.mouseClick(dialog.button(MouseAct.PAN), Qt.MouseButton.LeftButton)
        QTest.mouseClick(dialog.catcher, Qt.MouseButton.RightButton)
        self.take("viewer-keys")
        dialog.close_overlay()

    def drop(self, study: str, *paths: Path) -> None:
        """Drop files and wait until their study stands complete."""
        drive.drop(self.parts.window, *paths)
        uid = generate_uid(entropy_srcs=[study])

        def there() -> bool:
            case = self.parts.session.case
            return case is not None and case.study.study_instance_uid == uid

        drive.wait_for(there, study)
        drive.wait_for(lambda: not self.parts.opening.under_way, "the end of reading")
        drive.wait_for_picture(self.application)
        self.settle()

    def settle(self) -> None:
        """Wait until every viewport shows a whole picture."""
        viewports = self.parts.window.viewports

        def whole() -> bool:
            return all(
                view.picture is not None or view.page is not None
                for view in viewports.views()
                if viewports.stack_of(view) is not None
            )

        drive.wait_for(whole, "pictures")
        drive.pause(0.8)

    def wait(self, done: bool) -> None:
        """Let the window live until it should be done, then go on."""
        drive.pause(0.0 if done else 1.0)

    def take(self, name: str) -> None:
        """Write what the window shows."""
        drive.pause(0.1)
        path = self.out / f"{name}.png"
        self.parts.window.grab().save(str(path))
        self.taken.append(path)


def run(out: Path, theme: str = "dark", width: int = 1600, height: int = 1000) -> list[Path]:
    """Walk the tour in a window of its own; return the pictures' paths."""
    out.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as place,
        stage.shown(Settings(), theme, (width, height)) as application,
    ):
        drive.wait_for_model(application)
        return ViewerTour(application, out, Path(place)).walk()


if __name__ == "__main__":
    raise SystemExit(stage.main(__doc__, run))
