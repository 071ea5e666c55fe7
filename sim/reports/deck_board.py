"""What slides are made of: titles, text, grounds, cells and notes, placed in inches from the top left."""

from __future__ import annotations

from typing import Any

from sim.reports.document import Report

WIDTH, HEIGHT, MARGIN = 13.333, 7.5, 0.55  # inches
INK, QUIET, WASH = "222222", "5F6368", "F6F7F8"


class Board:
    """A presentation of slides in the format 16:9; `inches` makes a length."""

    def __init__(self, presentation: Any, report: Report) -> None:
        from pptx.util import Inches

        self.presentation, self.report, self.inches = presentation, report, Inches
        presentation.slide_width, presentation.slide_height = Inches(WIDTH), Inches(HEIGHT)
        presentation.core_properties.title = report.title
        presentation.core_properties.author = "buyer-seller-sim"
        self.meanings = {word.name: f"{word.label}: {word.meaning}" for word in report.glossary}

    def slide(self, title: str, size: int = 26, top: float = 0.35, tall: float = 0.9) -> Any:
        """An empty slide with its title."""
        from pptx.enum.text import MSO_ANCHOR

        slide = self.presentation.slides.add_slide(self.presentation.slide_layouts[5])
        shape = slide.shapes.title
        place = (MARGIN, top, WIDTH - 2 * MARGIN, tall)
        shape.left, shape.top, shape.width, shape.height = map(self.inches, place)
        self._fill(shape.text_frame, [title], size if len(title) < 110 else size - 6, INK, True)
        shape.text_frame.vertical_anchor = MSO_ANCHOR.TOP
        return slide

    def text(
        self, slide: Any, words: list[str], left: float, top: float, wide: float, tall: float, size: float,
        ink: str, bold: bool = False, font: str = "",
    ) -> Any:  # fmt: skip
        """A text box."""
        shape = slide.shapes.add_textbox(*map(self.inches, (left, top, wide, tall)))
        self._fill(shape.text_frame, words, size, ink, bold, font)
        return shape

    def box(self, slide: Any, left: float, top: float, wide: float, tall: float) -> None:
        """A quiet ground for a number."""
        from pptx.dml.color import RGBColor
        from pptx.enum.shapes import MSO_SHAPE

        shape = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, *map(self.inches, (left, top, wide, tall)))
        shape.fill.solid()
        shape.fill.fore_color.rgb = RGBColor.from_string(WASH)
        shape.line.fill.background()
        shape.shadow.inherit = False

    def cell(self, cell: Any, words: str, size: float, right: bool, ink: str, bold: bool = False) -> None:
        """One cell of a table."""
        from pptx.enum.text import PP_ALIGN

        cell.margin_top = cell.margin_bottom = self.inches(0.03)
        self._fill(cell.text_frame, words.split("\n"), size, ink, bold)
        for paragraph in cell.text_frame.paragraphs:
            paragraph.alignment = PP_ALIGN.RIGHT if right else PP_ALIGN.LEFT

    def notes(self, slide: Any, words: list[str], measures: Any) -> None:
        """Speaker notes: what is shown, what the measures mean, what it rests on."""
        means = [self.meanings[name] for name in dict.fromkeys(measures) if name in self.meanings]
        slide.notes_slide.notes_text_frame.text = "\n\n".join([*filter(None, words), *means, self.report.basis])

    def _fill(self, frame: Any, words: list[str], size: float, ink: str, bold: bool, font: str = "") -> None:
        from pptx.dml.color import RGBColor
        from pptx.enum.text import PP_ALIGN
        from pptx.util import Pt

        frame.word_wrap = True
        for number, line in enumerate(words):
            paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
            paragraph.alignment = PP_ALIGN.LEFT
            run = paragraph.add_run()
            run.text = line
            run.font.size, run.font.bold, run.font.color.rgb = Pt(size), bold, RGBColor.from_string(ink)
            if font:
                run.font.name = font

    @staticmethod
    def _plain_table(grid: Any) -> None:
        """No bands of colour: a table style with thin lines only."""
        style = grid._tbl.tblPr.find("{http://schemas.openxmlformats.org/drawingml/2006/main}tableStyleId")
        style.text = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"  # "No Style, No Grid" of every PowerPoint
        grid.horz_banding = False
