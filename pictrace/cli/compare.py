"""pictrace compare"""

from __future__ import annotations

import argparse

from pictrace.cli._criteria import add_criteria, criteria_from
from pictrace.cli._output import FAILED, OK, say, say_json, warn
from pictrace.cli._queries import query_of, read
from pictrace.diagnosis import diagnose
from pictrace.metrics import get_metric
from pictrace.metrics.described import described
from pictrace.output.documents import compare_document
from pictrace.searching.pair import compare_queries
from pictrace.service.once import usable_metrics

__all__ = ["HELP", "ORDER", "register"]

HELP = "what was done to a picture, and every metric's number"
ORDER = 30


def register(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_compare)
    parser.add_argument("first", metavar="IMAGE")
    parser.add_argument("second", metavar="IMAGE")
    add_criteria(parser)


def _compare(options: argparse.Namespace) -> int:
    criteria = criteria_from(options, top=1, min_score=0.0)
    first, second = read(options.first, options), read(options.second, options)
    metrics = usable_metrics(criteria)
    query = query_of(options.first, first, metrics, options)
    other = query_of(options.second, second, metrics, options)
    match = compare_queries(query, other, metrics).match(criteria)
    if match is None:
        warn("pictrace: no metric with a weight can compare these two pictures.")
        return FAILED
    diagnosis = diagnose(query.image, other.image, query_info=query.info, candidate_info=other.info)
    if options.json:
        say_json(compare_document((options.first, query), (options.second, other), criteria, match, diagnosis))
    else:
        say(diagnosis.text)
        say(f"score {match.score:.2f}" + (f" ({match.variant.label})" if match.variant.label else ""))
        for name, part in match.metrics.items():
            metric = get_metric(name)
            raw = described(metric.scale_for(criteria.settings.get(name, {})), part.raw)
            say(f"  {metric.title:22} {part.similarity:5.2f}  weight {part.weight:g}  {raw}")
    return OK
