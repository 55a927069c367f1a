"""The page as a browser would read it: whole, closed to the outside, and deaf to what hostile names say."""

from __future__ import annotations

import base64
import hashlib
import json
from html.parser import HTMLParser
from pathlib import Path

import pytest
from bbsim.report.embed import script_json
from bbsim.report.facts import Facts
from bbsim.report.geometry import base_of
from bbsim.report.page import report_page
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

HOSTILE = [
    "=1+1",
    "@SUM(A1)",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</script><script>alert(2)</script>",
    "<!--<script>",
    "]]>",
    "' onmouseover='alert(3)",
    "[x](javascript:alert(1))",
    "$x^$",
    "{{ 7*7 }}{% raw %}",
    "&lt;b&gt;",
    "\u2028\u2029",
    "北京",
    "😀",
    "x" * 300,
]


class Reader(HTMLParser):
    """Elements with their attributes, the text, and what stands in scripts."""

    VOID = frozenset(("meta", "input", "br", "wbr", "link", "img", "line", "circle", "rect", "path"))

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.elements, self.text, self.scripts, self.open = [], [], [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "script":
            self.scripts.append("")

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open[-1:] == [tag]
            self.open.pop()

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            self.scripts[-1] += data
        else:
            self.text.append(data)


def page_of(run):
    return report_page(Facts(run), base_of(run.country))


def named(make_run, name):
    names = {"a": {"name": name, "name_en": name, "region": "R"}, "c": {"name": name}}
    return make_run(
        names,
        title=name.translate({0x2028: " ", 0x2029: " "}),
        end="2016-01-01",
        sources={"budget": name.translate({0x2028: " ", 0x2029: " "})},
    )


@pytest.fixture(scope="module")
def small_page(small):
    return page_of(small)


@pytest.fixture(scope="module")
def harmless(make_run):
    return Reader(page_of(named(make_run, "Harmless")))


def shape(read):
    """What a name must not change: the elements, and the names of their attributes."""
    return [(tag, sorted(attributes)) for tag, attributes in read.elements]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_text_and_nothing_else(make_run, harmless, name):
    read = Reader(page_of(named(make_run, name)))
    assert sorted(shape(read)) == sorted(shape(harmless))
    assert name in "".join(read.text)
    data = json.loads(read.scripts[0])
    assert name in [place[2] for place in data["map"]["places"]]


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=40))
def test_any_name_is_text_and_nothing_else(make_run, harmless, name):
    run = make_run(
        {"a": {"name": name}, "c": {"name": name}},
        title="Harmless",
        end="2016-01-01",
        sources={"budget": "Harmless"},
    )
    read = Reader(page_of(run))
    assert len(read.scripts) == len(harmless.scripts)
    assert name in [place[2] for place in json.loads(read.scripts[0])["map"]["places"]]


def test_every_element_is_closed(small_page):
    assert Reader(small_page).open == []


def test_nothing_is_fetched(small_page):
    for tag, attributes in Reader(small_page).elements:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base")
        for name in ("src", "srcset", "data", "action", "poster", "background", "xlink:href"):
            assert name not in attributes
        assert attributes.get("href", "#").startswith("#")
    style = small_page[small_page.index("<style>") : small_page.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style


def test_no_element_carries_a_handler(small_page):
    for _, attributes in Reader(small_page).elements:
        assert not [name for name in attributes if name.startswith("on")]


def test_the_policy_allows_these_scripts_and_nothing_else(small_page):
    read = Reader(small_page)
    policy = next(
        a["content"] for tag, a in read.elements if a.get("http-equiv") == "Content-Security-Policy"
    )
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    allowed = set(rules["script-src"].split())
    code = [
        s
        for s, (_, a) in zip(read.scripts, [e for e in read.elements if e[0] == "script"], strict=True)
        if "type" not in a
    ]
    digests = {f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in code}
    assert allowed == digests
    assert len(digests) == 2


def test_ids_are_unique_and_links_lead_somewhere(small_page):
    elements = Reader(small_page).elements
    ids = [a["id"] for _, a in elements if "id" in a]
    assert len(ids) == len(set(ids))
    for _, attributes in elements:
        target = attributes.get("href") or f"#{attributes.get('for', ids[0])}"
        assert target.removeprefix("#") in ids
        for label in (attributes.get("aria-labelledby") or ids[0]).split():
            assert label in ids


def test_every_input_and_picture_has_a_name(small_page):
    elements = Reader(small_page).elements
    labelled = {a["for"] for tag, a in elements if tag == "label"}
    for tag, attributes in elements:
        if tag == "input":
            assert attributes["id"] in labelled or attributes.get("aria-label")
        if attributes.get("role") == "img":
            assert attributes.get("aria-label")
    assert ("html", {"lang": "en"}) in elements


def test_the_sections_stand_in_the_order_that_a_reader_needs(small_page):
    ids = [a.get("id") for tag, a in Reader(small_page).elements if tag == "section"]
    assert ids == [
        "story", "map-section", "charts", "why", "projects", "cities", "regions", "rates", "breaking",
        "hanging", "money", "assumptions",
        "data-layers", "repeat",
    ]  # fmt: skip


def test_empty_columns_are_named(small, small_page):
    text = " ".join(" ".join(Reader(small_page).text).split())
    told = text[text.index("Empty in the tables") :]
    for name, column in small.tables["periods"].items():
        empty = column.dtype.kind == "f" and all(value != value for value in column)
        assert (f" {name}" in told) == empty


def test_the_same_run_gives_the_same_page(small, small_page, make_run):
    assert page_of(small) == small_page
    assert page_of(make_run()) == small_page


def test_a_run_read_back_gives_the_same_page(small, small_page, tmp_path, monkeypatch):
    from bbsim import runfolder
    from bbsim.run import Run

    monkeypatch.setattr("bbsim.report.write", lambda *_, meanwhile: meanwhile())
    runfolder.save(small, tmp_path / "run")
    assert page_of(Run.load(tmp_path / "run")) == small_page


def test_no_path_of_the_machine_is_told(small_page, flagship):
    page = page_of(flagship)
    for text in (small_page, page):
        assert str(Path.home()) not in text
        assert str(flagship.country.folder.parent) not in text


def test_the_flagships_page_fits_in_an_email(flagship):
    assert len(page_of(flagship).encode()) < 3_000_000


def test_json_keeps_its_content():
    value = {"a": ["</script>", "<!--", "&amp;", "\u2028", "ə"]}
    text = str(script_json(value))
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == value


def test_a_number_that_json_has_no_word_for_is_refused():
    with pytest.raises(ValueError, match="JSON"):
        script_json([float("nan")])


def test_a_fields_name_breaks_at_its_words(small_page):
    """A name that is longer than its column would break within a word."""
    assert "working_<wbr>days_<wbr>per_<wbr>year" in small_page
    assert 'data-text="crews.pace.working_days_per_year' in small_page
