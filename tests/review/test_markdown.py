"""The comment of a pull request: whatever is in manifests, it is shown and nothing else."""

from __future__ import annotations

import html
import re
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reconciler.diagnostics import Diagnostic, Origin, Severity
from reconciler.review.behaviour import Answer
from reconciler.review.changes import FieldChange, ObjectChange
from reconciler.review.dangers.danger import Danger, Risk
from reconciler.review.formats.markdown import LIMIT, MARK, plan_text
from reconciler.review.formats.step_summary import plan_text as step_summary
from reconciler.review.markdown import code, fenced, plain
from reconciler.review.plan import Plan
from reconciler.review.reach import Reach
from reconciler.review.web import Web, web_of
from reconciler.snapshot.diff import Change
from reconciler.snapshot.model import CLUSTER

ALLOWED = {
    *("h3", "p", "table", "thead", "tbody", "tr", "th", "td", "code", "pre", "details", "summary", "strong", "b", "br"),
    *("sub", "em", "ul", "li", "a"),
}
COMMIT = "c0ffee" + "0" * 34
WEB = web_of(
    {
        "GITHUB_SHA": COMMIT,
        "GITHUB_SERVER_URL": "https://github.example",
        "GITHUB_REPOSITORY": "acme/edge",
        "GITHUB_RUN_ID": "42",
    },
    COMMIT,
)
_LINES = """\
<img src=x onerror=alert(1)>
</details>
| a | b |
`` ` ```
[a](http://b)
@octocat
#1 !2
www.a.com
https://example.com
a@b.example
*a* _b_ ~~c~~
# head
<!-- -->
&lt;b&gt;
\\
```
- [ ] a
1. a
    a
<b
&#60;
::error::x"""
NASTY = [*_LINES.splitlines(), "\n\n# head\n", "```\n<b>", "\x00\x1b"]
mixed = st.lists(st.sampled_from(NASTY), max_size=3).map("".join)
anything = st.one_of(st.sampled_from(NASTY), st.text(max_size=30), mixed)


def rendered(markdown: str) -> str:
    """As GitHub does: tables, links without brackets, raw HTML."""
    return str(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(markdown))


def tags(page: str) -> set[str]:
    return {name.lower() for name in re.findall(r"</?([a-zA-Z][\w-]*)", page)}


def attributes(page: str) -> set[str]:
    return set(re.findall(r"<\w+\s+([\w-]+)=", page))


def shown(text: str) -> str:
    """What is left to be seen of a text."""
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text.replace("\n", " "))


@given(anything)
def test_plain_text_is_shown_as_it_is(text: str) -> None:
    page = rendered(f"x{plain(text)}x\n\n| a |\n|---|\n| x{plain(text)}x |\n")
    assert tags(page) == {"p", "table", "thead", "tbody", "tr", "th", "td"}
    for found in (re.search("<p>x(.*?)x</p>", page, re.DOTALL), re.search("<td>x(.*?)x</td>", page, re.DOTALL)):
        assert found
        assert html.unescape(found[1]).replace("\u200b", "") == shown(text).replace("\u200b", "")


@given(anything)
def test_nobody_is_mentioned(text: str) -> None:
    """GitHub looks for names, issues and addresses in what Markdown has left."""
    page = html.unescape(rendered(f"x{plain(text)}"))
    assert not re.search(r"[@#]\w", page)
    assert not re.search(r"(https?://|www\.)", plain(text), re.IGNORECASE)


@given(anything)
def test_code_in_a_table(text: str) -> None:
    page = rendered(f"| a |\n|---|\n| x {code(text)} |\n")
    assert tags(page) <= {"table", "thead", "tbody", "tr", "th", "td", "code"}
    assert page.count("<td>") == 1


@given(anything)
def test_fences_hold(text: str) -> None:
    page = rendered(f"<details>\n\n{fenced(text, 'diff')}\n\n</details>\n")
    assert tags(page) == {"details", "pre", "code"}
    assert page.rstrip().endswith("</code></pre>\n</details>")


few = st.lists(anything, max_size=2).map(tuple)
risks = st.sampled_from([Risk.HIGH, Risk.MEDIUM, Risk.LOW])


@st.composite
def findings(draw: st.DrawFn) -> Diagnostic:
    origin = draw(st.none() | st.builds(Origin, anything))
    code, severity, line = "GW602", draw(st.sampled_from(Severity)), draw(st.integers(0, 3))
    message, about, remedy, source = (draw(anything) for _ in range(4))
    return Diagnostic(code, severity, message, about, origin, help=remedy, line=line, column=line, source=source)


@st.composite
def objects(draw: st.DrawFn) -> ObjectChange:
    values = st.none() | anything | st.dictionaries(anything, anything, max_size=2)
    fields = [FieldChange(draw(anything), draw(values), draw(values)) for _ in range(draw(st.integers(0, 2)))]
    kind, namespace, name, file = (draw(anything) for _ in range(4))
    return ObjectChange(draw(st.sampled_from(["add", "change", "remove"])), kind, namespace, name, file, tuple(fields))


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    changes = {fleet: (Change(CLUSTER, "c", "add"),) for fleet in draw(few)}
    return Plan(
        draw(anything),
        draw(anything),
        tuple(draw(st.lists(findings(), max_size=2))),
        tuple(draw(st.lists(objects(), max_size=2))),
        changes,
        draw(few),
        dangers=tuple(Danger(draw(risks), one) for one in draw(st.lists(findings(), max_size=2))),
        reaches=tuple(Reach(fleet, draw(few), draw(few)) for fleet in changes),
        answers=tuple(Answer(draw(anything), draw(anything), draw(anything), draw(anything)) for _ in range(2)),
        web=draw(st.sampled_from([Web(), WEB])),
    )


@settings(max_examples=50)
@given(plans())
def test_nothing_of_a_manifest_is_read_as_markup(plan: Plan) -> None:
    text = plan_text(plan)
    page = rendered(text)
    assert text.startswith(MARK)
    assert tags(page.replace(MARK, "")) <= ALLOWED
    assert attributes(page) <= ({"class", "href"} if plan.web.files else {"class"})
    assert all(address.startswith("https://github.example/acme/edge/") for address in re.findall('href="(.*?)"', page))
    assert page.count("<details>") == page.count("</details>")


def test_the_verdict_comes_first_and_the_least_important_goes_first() -> None:
    field = FieldChange("spec.x", "a" * 90, "b" * 90)
    many = tuple(ObjectChange("change", "HTTPRoute", "shop", f"r{n}", "f.yaml", (field,) * 50) for n in range(200))
    found = Diagnostic("GW602", Severity.WARNING, "lost", "HTTPRoute shop/r1", Origin("f.yaml"), line=3)
    changes = {"shop/edge": (Change(CLUSTER, "c", "add"),)}
    plan = Plan("release 1", "abc", (), many, changes, (), dangers=(Danger(Risk.HIGH, found),))
    text = plan_text(plan)
    assert len(text) <= LIMIT + 200
    assert "more parts; there is no room" in text
    assert text.index("high risk") < text.index("**GW602**") < text.index("HTTPRoute shop/r0")
    small = plan_text(replace(plan, objects=many[:1]))
    assert "more parts" not in small
    summary = step_summary(plan)
    assert LIMIT < len(summary) <= 250_200
    assert len(summary.encode()) < 1 << 20


def test_no_changes_are_one_line() -> None:
    assert plan_text(Plan("a", "b", (), (), {}, ())).splitlines()[1] == "### ⚪ gitway: no changes"


def test_places_are_links_and_what_is_cut_is_pointed_to() -> None:
    found = Diagnostic("GW602", Severity.WARNING, "lost", "HTTPRoute shop/r1", Origin("teams/a b#.yaml"), line=3)
    dangers = tuple(Danger(Risk.HIGH, found) for _ in range(20))
    plan = Plan("release 1", "abc", (), (), {"shop/edge": (Change(CLUSTER, "c", "add"),)}, (), dangers=dangers, web=WEB)
    address = f"https://github.example/acme/edge/blob/{COMMIT}/teams/a%20b%23.yaml#L3"
    assert plan_text(plan).count(f'<a href="{address}">') == 12
    assert '8 more in <a href="https://github.example/acme/edge/actions/runs/42">the summary</a>' in plan_text(plan)
    assert step_summary(plan).count(address) == 20
    refused = plan_text(replace(plan, diagnostics=(replace(found, severity=Severity.ERROR),)))
    assert f'<a href="{address}">' in refused
    assert "<a" not in plan_text(replace(plan, web=Web()))


def test_addresses_are_of_the_commit_that_the_run_is_of() -> None:
    gitlab = {
        "CI_COMMIT_SHA": COMMIT,
        "CI_PROJECT_URL": "https://gitlab.example/a/b/c",
        "CI_JOB_URL": "https://gitlab.example/a/b/c/-/jobs/1",
    }
    assert web_of(gitlab, COMMIT).file("x.yaml", 2) == f"https://gitlab.example/a/b/c/-/blob/{COMMIT}/x.yaml#L2"
    for environ in ({}, {**gitlab, "CI_COMMIT_SHA": "other"}, {**gitlab, "CI_PROJECT_URL": "javascript:x"}):
        assert web_of(environ, COMMIT) == Web()
