"""Just enough of SVG for the plots. They have a white background of their own, so that they can be read on a dark page;
the same values give the same bytes."""
import math
from html import escape

INK, FAINT = "#1f2328", "#d9dde2"
# Told apart by eyes that do not see all colours, too (Okabe and Ito, Color Universal Design).
COLOURS = {"gateway": "#0072b2", "nginx-lua": "#e69f00", "go": "#009e73", "source": "#8a8f98"}
NAMES = {"gateway": "Sessions Gateway", "nginx-lua": "nginx with Lua", "go": "Go, net/http",
         "source": "slowest source alone"}


def number(value):
    """A coordinate, in tenths of a pixel."""
    return f"{value:.1f}".removesuffix(".0")


def nice_ticks(most, about=5):
    """From 0 to `most` or a little beyond, in steps of 1, 2 or 5 times a power of ten."""
    raw = most / about
    power = 10 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)
    return [round(step * index, 9) for index in range(math.ceil(most / step - 1e-9) + 1)]


class Picture:
    def __init__(self, title, height=360, width=760):
        self.width, self.height = width, height
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            f'role="img" font-family="system-ui, sans-serif" font-size="12" fill="{INK}">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{width}" height="{height}" rx="6" fill="#ffffff"/>']
        self.text(20, 26, title, size=15, weight="600")

    def text(self, x, y, text, anchor="start", size=None, weight=None, turned=False):
        more = (f' font-size="{size}"' if size else "") + (f' font-weight="{weight}"' if weight else "")
        if anchor != "start":
            more += f' text-anchor="{anchor}"'
        if turned:
            more += f' transform="rotate(-90 {number(x)} {number(y)})"'
        self.parts.append(f'<text x="{number(x)}" y="{number(y)}"{more}>{escape(text)}</text>')

    def line(self, x1, y1, x2, y2, colour=INK, width=1):
        self.parts.append(f'<path d="M{number(x1)} {number(y1)}L{number(x2)} {number(y2)}" stroke="{colour}" '
                          f'stroke-width="{width}"/>')

    def rectangle(self, x, y, width, height, colour, opacity=1):
        faded = f' fill-opacity="{opacity}"' if opacity != 1 else ""
        self.parts.append(f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}" '
                          f'fill="{colour}"{faded}/>')

    def curve(self, points, colour):
        path = "L".join(f"{number(x)} {number(y)}" for x, y in points)
        self.parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-linejoin="round"/>')

    def dot(self, x, y, colour):
        self.parts.append(f'<circle cx="{number(x)}" cy="{number(y)}" r="3.5" fill="{colour}"/>')

    def legend(self, names, x=20, y=48):
        for name in names:
            self.rectangle(x, y - 10, 12, 12, COLOURS[name])
            self.text(x + 18, y, NAMES[name])
            x += 40 + 6.6 * len(NAMES[name])

    def end(self):
        return "\n".join([*self.parts, "</svg>"]) + "\n"


class Axes:
    """A rectangle of a picture with a scale at its left, from 0 up."""

    def __init__(self, picture, left, width, most, label, top=72, bottom=52, form="{:,g}"):
        self.picture, self.left, self.width, self.top = picture, left, width, top
        self.floor = picture.height - bottom
        ticks = nice_ticks(most)
        self.most = ticks[-1]
        for tick in ticks:
            picture.line(left, self.y(tick), left + width, self.y(tick), INK if tick == 0 else FAINT)
            picture.text(left - 6, self.y(tick) + 4, form.format(tick), "end")
        widest = max(len(form.format(tick)) for tick in ticks)
        picture.text(left - 16 - 7 * widest, (self.top + self.floor) / 2, label, "middle", turned=True)

    def y(self, value):
        return self.floor - (self.floor - self.top) * value / self.most

    def below(self, label):
        self.picture.text(self.left + self.width / 2, self.floor + 40, label, "middle")

    def bottom_scale(self, most, form="{:,g}"):
        """A second scale, from left to right. Gives the function from values to places."""
        ticks = nice_ticks(most, 8)

        def x(value):
            return self.left + self.width * value / ticks[-1]

        for tick in ticks:
            self.picture.line(x(tick), self.floor, x(tick), self.floor + 4)
            self.picture.text(x(tick), self.floor + 18, form.format(tick), "middle")
        return x

    def bars(self, groups, form):
        """`groups`: (label, [(name, median, least, most)]). A line in each bar goes from the least to the most."""
        room = self.width / len(groups)
        for index, (label, members) in enumerate(groups):
            wide = room * 0.8 / len(members)
            start = self.left + room * (index + 0.1)
            self.picture.text(start + room * 0.4, self.floor + 18, label, "middle")
            for place, (name, median, least, most) in enumerate(members):
                x = start + wide * place
                top = self.y(max(0, median))
                self.picture.rectangle(x + 1, top, wide - 2, self.floor - top, COLOURS[name])
                if most > least:
                    self.picture.line(x + wide / 2, self.y(least), x + wide / 2, self.y(most))
                self.picture.text(x + wide / 2, self.y(max(median, most)) - 4, form.format(median), "middle", size=11)
