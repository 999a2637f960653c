"""Results for programs: JSON, JUnit's XML, and the text that Prometheus reads."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any
from xml.etree import ElementTree

from dualstack.diff.escape import visible
from dualstack.verify.model import Kind, Result, Word


def summary(results: Sequence[Result]) -> dict[str, int]:
    """Count the results by word."""
    return {word.value: sum(result.word is word for result in results) for word in Word}


def as_json(site: str, results: Sequence[Result]) -> dict[str, Any]:
    """Give the results as data."""
    return {
        "version": 1,
        "site": site,
        "summary": summary(results),
        "checks": [result_json(result) for result in results],
    }


def result_json(result: Result) -> dict[str, Any]:
    """Give one result as data."""
    found: dict[str, Any] = {
        "name": result.kind.value,
        "at": result.at,
        "family": result.family,
        "asked": result.asked,
        "result": result.word.value,
        "seen": result.seen,
    }
    more = {"consequence": result.consequence, "fix": result.fix, "rule": result.rule}
    found |= {key: value for key, value in more.items() if value}
    if result.ends is not None:
        found["certificateEnds"] = result.ends.isoformat()
    if result.day2 is not None:
        found["day2"] = result.day2.text
    return found


def as_junit(site: str, results: Sequence[Result]) -> str:
    """Give the results as a test report: a suite for each kind of check; XML has no control characters."""
    root = ElementTree.Element("testsuites", name=f"dualstack verify {site}")
    for kind in Kind:
        own = [result for result in results if result.kind is kind]
        if not own:
            continue
        counts = summary(own)
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=f"{site}.{kind.value}",
            tests=str(len(own)),
            failures=str(counts[Word.FAILED.value]),
            errors="0",
            skipped=str(counts[Word.NOT_CHECKABLE.value] + counts[Word.PENDING.value]),
        )
        for result in own:
            name = visible(f"{result.at} {result.asked}")
            case = ElementTree.SubElement(suite, "testcase", classname=f"{site}.{kind.value}", name=name)
            if result.word is Word.FAILED:
                failure = ElementTree.SubElement(case, "failure", message=visible(result.seen))
                failure.text = f"{visible(result.consequence)}\nfix: {visible(result.fix)}"
                failure.text += f"\nrule: {result.rule}" if result.rule else ""
            elif result.word is not Word.OK:
                message = f"{result.word.value}: {result.seen}; {result.fix}"
                ElementTree.SubElement(case, "skipped", message=visible(message))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=False)


def as_prometheus(site: str, results: Sequence[Result]) -> str:
    """Give the results in Prometheus' text format, for the folder that a node exporter reads.

    Each series stands there once, or the exporter would take nothing of the file; of two results of one question the
    worse one counts. The caller ends the last line, without which a parser takes nothing, either.
    """
    return "\n".join(_metrics(site, list(_worst(results))))


def _worst(results: Sequence[Result]) -> Iterator[Result]:
    """Yield the worst result of each question, in the order of the questions."""
    order = (Word.FAILED, Word.PENDING, Word.NOT_CHECKABLE, Word.OK)
    found: dict[tuple[object, ...], Result] = {}
    for result in results:
        question = (result.kind, result.at, result.family, result.asked)
        before = found.get(question)
        if before is None or order.index(result.word) < order.index(before.word):
            found[question] = result
    yield from found.values()


def _metrics(site: str, results: Sequence[Result]) -> Iterator[str]:
    yield "# HELP dualstack_verify_check Whether a check has this result."
    yield "# TYPE dualstack_verify_check gauge"
    for result in results:
        for word in Word:
            labels = _labels(site, result, result=word.value)
            yield f"dualstack_verify_check{{{labels}}} {int(result.word is word)}"
    yield "# HELP dualstack_verify_certificate_end_seconds When a certificate ends, in Unix time."
    yield "# TYPE dualstack_verify_certificate_end_seconds gauge"
    for result in results:
        if result.ends is not None:
            end = int(result.ends.timestamp())
            yield f"dualstack_verify_certificate_end_seconds{{{_labels(site, result)}}} {end}"
    yield "# HELP dualstack_verify_time_seconds When these checks ended, in Unix time."
    yield "# TYPE dualstack_verify_time_seconds gauge"
    yield f'dualstack_verify_time_seconds{{site="{_escaped(site)}"}} {int(time.time())}'


def _labels(site: str, one: Result, **more: str) -> str:
    labels = {
        "site": site,
        "name": one.kind.value,
        "at": visible(one.at),
        "family": one.family or "",
        "asked": visible(one.asked),
        **more,
    }
    return ",".join(f'{key}="{_escaped(value)}"' for key, value in labels.items())


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
