"""The laws that every metric keeps; a new metric is tested here without a line being written."""

import dataclasses
import re
from pathlib import Path

import numpy as np
import pytest

from pictrace.features import FeatureBatch, Layout
from pictrace.images.edits import brighten, crop, mirror, noise, recompress, turn
from pictrace.images.encoding import encode_jpeg
from pictrace.images.orientation import UPRIGHT, VARIANTS, orient
from pictrace.images.pixels import RGBImage
from pictrace.images.reading import load
from pictrace.metrics import all_metrics, colour_of, get_metric
from pictrace.metrics.base import Metric
from pictrace.metrics.capabilities import Mapped, Sketched
from pictrace.metrics.described import described
from pictrace.metrics.evidence import Explanation
from pictrace.output.drawing import draw_evidence
from pictrace.searching.convincing import convinces

METRICS = [metric.name for metric in all_metrics()]


@pytest.fixture(autouse=True)
def ready(tiny_model: Path) -> None:
    """The metric that needs a network has a small one, so that the laws hold for it too."""


@pytest.fixture
def metric(request: pytest.FixtureRequest, tiny_model: Path) -> Metric:
    found = get_metric(request.param)
    assert found.unavailable() == ""
    return found


@pytest.fixture(scope="module")
def images(photographs: dict[str, bytes]) -> list[RGBImage]:
    return [load(data) for data in photographs.values()]


@pytest.fixture(scope="module")
def odd_images() -> dict[str, RGBImage]:
    random = np.random.default_rng(5)
    return {
        "one pixel": np.full((1, 1, 3), 128, np.uint8),
        "thin": random.integers(0, 256, (1, 512, 3), dtype=np.uint8),
        "flat": np.full((300, 400, 3), (200, 30, 30), np.uint8),
        "white": np.full((300, 400, 3), 255, np.uint8),
        "blank scan": np.clip(random.normal(245, 1.0, (400, 300, 3)), 0, 255).astype(np.uint8),
        "noise": random.integers(0, 256, (256, 256, 3), dtype=np.uint8),
        "checks": np.kron(np.indices((8, 8)).sum(0) % 2, np.ones((40, 40)))[..., None].repeat(3, 2).astype(np.uint8)
        * 255,
    }


def batch_of(metric: Metric, images: list[RGBImage]) -> FeatureBatch:
    return FeatureBatch.of([metric.extract(image) for image in images], metric.layout)


def test_discovery_finds_the_promised_metrics_in_a_stable_order() -> None:
    names = [metric.name for metric in all_metrics()]
    assert len(set(names)) == len(names) >= 6
    assert names == sorted(names, key=lambda name: (get_metric(name).order, name))


def test_no_two_metrics_have_one_colour() -> None:
    colours = [colour_of(metric) for metric in all_metrics()]
    assert len(set(colours)) == len(colours)
    assert all(re.fullmatch("#[0-9A-F]{6}", colour) for colour in colours)


@pytest.mark.parametrize("metric", METRICS, indirect=True)
def test_names_and_settings_make_options_that_nobody_else_has(metric: Metric) -> None:
    assert re.fullmatch("[a-z][a-z0-9_]*", metric.name)
    assert metric.title
    assert metric.help
    options = [one.option(setting) for one in all_metrics() for setting in one.settings]
    assert len(set(options)) == len(options)
    for setting in metric.settings:
        assert re.fullmatch("[a-z][a-z0-9_]*", setting.name)
        assert setting.values[setting.position(setting.default)] == setting.default


@pytest.mark.parametrize("metric", METRICS, indirect=True)
def test_features_fit_their_layout_and_survive_storage(metric: Metric, images: list[RGBImage]) -> None:
    for image in images:
        features = metric.extract(image)
        assert len(features) > 0
        stored = metric.layout.unpack(metric.layout.pack(features))
        assert stored.dtype == metric.layout.dtype
        np.testing.assert_array_equal(stored, features)


@pytest.mark.parametrize("metric", METRICS, indirect=True)
def test_extraction_is_repeatable(metric: Metric, images: list[RGBImage]) -> None:
    np.testing.assert_array_equal(metric.extract(images[0]), metric.extract(images[0].copy()))


@pytest.mark.parametrize("metric", METRICS, indirect=True)
def test_a_picture_is_nearest_to_itself(metric: Metric, images: list[RGBImage]) -> None:
    batch = batch_of(metric, images)
    place = metric.setting_positions({})
    for position, image in enumerate(images):
        raw = metric.scores(metric.extract(image), batch).raw[place]
        similarity = metric.scale.similarity(raw)
        assert similarity[position] == pytest.approx(1.0, abs=1e-4)
        assert similarity[position] == similarity.max()


@pytest.mark.parametrize("metric", METRICS, indirect=True)
def test_scores_are_in_range_whatever_the_settings(metric: Metric, images: list[RGBImage]) -> None:
    scores = metric.scores(metric.extract(images[0]), batch_of(metric, images))
    assert scores.raw.dtype == np.float32
    assert scores.raw.shape == (*(len(setting.values) for setting in metric.settings), len(images))
    assert scores.variant.shape == scores.raw.shape
    for setting in metric.settings:
        for value in setting.values:
            chosen = {setting.name: value}
            similarity = metric.scale_for(chosen).similarity(scores.raw[metric.setting_positions(chosen)])
            assert np.all((similarity >= 0) & (similarity <= 1))


@pytest.mark.parametrize("metric", METRICS, indirect=True)
def test_a_batch_gives_what_single_comparisons_give(metric: Metric, images: list[RGBImage]) -> None:
    query = metric.extract(recompress(images[0], 40))
    together = metric.scores(query, batch_of(metric, images))
    for position, image in enumerate(images):
        alone = metric.scores(query, batch_of(metric, [image]))
        np.testing.assert_allclose(together.raw[..., position], alone.raw[..., 0], rtol=0, atol=1e-6)


@pytest.mark.parametrize("metric", METRICS, indirect=True)
def test_symmetric_or_declared_not_to_be(metric: Metric, images: list[RGBImage]) -> None:
    features = [metric.extract(image) for image in images[:3]]
    forth = [
        float(metric.scores(a, FeatureBatch.of([b], metric.layout)).raw[..., 0].max())
        for a in features
        for b in features
    ]
    back = [
        float(metric.scores(b, FeatureBatch.of([a], metric.layout)).raw[..., 0].max())
        for a in features
        for b in features
    ]
    if metric.symmetric:
        np.testing.assert_allclose(forth, back, atol=1e-5)
    else:
        assert forth != back


@pytest.mark.parametrize("metric", METRICS, indirect=True)
def test_empty_batches_and_missing_features(metric: Metric, images: list[RGBImage]) -> None:
    query = metric.extract(images[0])
    assert metric.scores(query, FeatureBatch.of([], metric.layout)).raw.shape[-1] == 0
    missing = metric.layout.empty()
    scores = metric.scores(query, FeatureBatch.of([missing, query, missing], metric.layout))
    assert np.isnan(scores.raw[..., [0, 2]]).all()
    assert not np.isnan(scores.raw[..., 1]).any()
    nothing = metric.scores(missing, FeatureBatch.of([query, missing], metric.layout))
    assert nothing.raw.shape == scores.raw[..., :2].shape
    assert np.isnan(nothing.raw).all()


@pytest.mark.parametrize("metric", METRICS, indirect=True)
def test_odd_pictures_neither_crash_nor_match_confidently(
    metric: Metric, images: list[RGBImage], odd_images: dict[str, RGBImage]
) -> None:
    odd = batch_of(metric, list(odd_images.values()))
    real = batch_of(metric, images)
    place = metric.setting_positions({})
    for queries, candidates in ((images, odd), (odd_images.values(), real)):
        for image in queries:
            raw = metric.scores(metric.extract(image), candidates).raw[place]
            assert not convinces(metric, raw).any()
            if metric.convincing is not None:
                assert not (metric.scale.similarity(raw) > 0.6).any()


@pytest.mark.slow
@pytest.mark.parametrize("metric", METRICS, indirect=True)
def test_only_what_the_metric_could_make_is_plausible(
    metric: Metric, images: list[RGBImage], odd_images: dict[str, RGBImage]
) -> None:
    """Another catalog may bring anything; what passes must be as harmless as the metric's own features."""
    for image in (*images, *odd_images.values()):
        assert metric.plausible(metric.extract(image))
    own = metric.extract(images[0])
    assert not metric.plausible(np.concatenate([own, own]))
    assert metric.plausible(metric.layout.empty())
    rng, passed = np.random.default_rng(1), 0
    for rows in (1, 2, 20, 500, 501):
        for _ in range(20):
            strange = metric.layout.unpack(rng.bytes(rows * metric.layout.row_bytes))
            if metric.plausible(strange):
                passed += 1
                batch = FeatureBatch.of([own, strange, own], metric.layout)
                scores = metric.compare_variants(metric.extract_variants(images[0], metric.variants), batch)
                np.testing.assert_array_equal(scores.raw[..., 0], scores.raw[..., 2])
                if isinstance(metric, Sketched):
                    assert metric.sketch(strange).shape == (1, *metric.sketch_layout.row_shape)
    any_row = Layout(metric.layout.dtype, metric.layout.row_shape) == metric.layout
    if any_row and np.issubdtype(metric.layout.dtype, np.integer) and type(metric).plausible is Metric.plausible:
        assert passed == 20


@pytest.mark.parametrize("metric", METRICS, indirect=True)
def test_flat_pictures_are_compared_only_where_declared(metric: Metric, odd_images: dict[str, RGBImage]) -> None:
    for kind in ("one pixel", "flat", "white", "blank scan"):
        assert bool(len(metric.extract(odd_images[kind]))) == metric.compares_flat, kind


@pytest.mark.parametrize("metric", METRICS, indirect=True)
@pytest.mark.parametrize("orientations", [False, True])
def test_an_explanation_has_the_very_number_of_the_comparison(
    metric: Metric, images: list[RGBImage], orientations: bool
) -> None:
    changed = brighten(crop(mirror(images[0]) if orientations else images[0], 0.8), contrast=1.1, shift=5)
    for match in images[:3]:
        queries = metric.extract_variants(changed, metric.variants if orientations else (UPRIGHT,))
        scores = metric.compare_variants(queries, batch_of(metric, [match]))
        for chosen in [{}, *({s.name: v} for s in metric.settings for v in (s.values[0], s.values[-1]))]:
            raw = float(scores.raw[(*metric.setting_positions(chosen), 0)])
            explanation = metric.explain(changed, match, chosen, orientations=orientations)
            assert explanation.raw == pytest.approx(raw, abs=1e-6)
            expected = float(metric.scale_for(chosen).similarity(np.array(raw, np.float32)))
            assert explanation.similarity == pytest.approx(expected, abs=1e-6)
            assert explanation.summary


@pytest.mark.parametrize("metric", METRICS, indirect=True)
def test_explaining_a_flat_picture_says_why_not(metric: Metric, odd_images: dict[str, RGBImage]) -> None:
    explanation = metric.explain(odd_images["flat"], odd_images["noise"])
    if np.isnan(explanation.raw):
        assert explanation.summary == metric.not_comparable
        assert explanation.evidence == ()
        assert not metric.compares_flat
    else:
        assert metric.compares_flat


def arrays_in(part: object) -> list[np.ndarray]:
    """All arrays and numbers of a piece of evidence, however deep."""
    if dataclasses.is_dataclass(part):
        return [array for one in dataclasses.fields(part) for array in arrays_in(getattr(part, one.name))]
    if isinstance(part, tuple):
        return [array for one in part for array in arrays_in(one)]
    return [np.asarray(part)] if isinstance(part, np.ndarray | float | int) else []


def sound(explanation: Explanation) -> None:
    """Finite numbers, pictures that can be shown, words for those who cannot see them."""
    for part in explanation.evidence:
        found = arrays_in(part)
        assert found
        assert all(np.isfinite(array).all() for array in found)
        for drawn in draw_evidence(part):
            assert drawn.image.dtype == np.uint8
            assert drawn.image.ndim == 3
            assert drawn.image.shape[2] == 3
            assert min(drawn.image.shape) >= 1
            assert len(encode_jpeg(drawn.image)) > 0
            assert drawn.title
            assert drawn.title in drawn.alt


@pytest.mark.parametrize("metric", METRICS, indirect=True)
def test_evidence_is_sound_and_can_be_drawn(metric: Metric, images: list[RGBImage]) -> None:
    for query in (images[0], crop(images[0], 0.6), turn(mirror(images[0]), 10), images[1], images[3]):
        for chosen in [{}, *({s.name: v} for s in metric.settings for v in (s.values[0], s.values[-1]))]:
            explanation = metric.explain(query, images[0], chosen, orientations=True)
            if explanation.evidence:
                assert any(draw_evidence(part) for part in explanation.evidence)
            sound(explanation)


@pytest.mark.slow
@pytest.mark.parametrize("metric", METRICS, indirect=True)
def test_evidence_of_odd_pairs_is_sound_too(
    metric: Metric, images: list[RGBImage], odd_images: dict[str, RGBImage]
) -> None:
    tiny = np.random.default_rng(2).integers(0, 256, (3, 2, 3), dtype=np.uint8)
    some = [*odd_images.values(), tiny, images[0]]
    for query in some:
        for match in some:
            sound(metric.explain(query, match, orientations=True))


@pytest.mark.parametrize("metric", METRICS, indirect=True)
def test_turned_features_are_features(metric: Metric, images: list[RGBImage]) -> None:
    features = metric.extract(images[0])
    turned = metric.turned(features)
    assert set(turned) <= set(metric.variants)
    np.testing.assert_array_equal(turned[UPRIGHT], features)
    for one in [*turned.values(), *metric.turned(metric.layout.empty()).values()]:
        metric.layout.pack(one)


@pytest.mark.parametrize("metric", METRICS, indirect=True)
def test_orientations_are_found_and_named(metric: Metric, images: list[RGBImage]) -> None:
    """The catalog holds the picture mirrored and turned; the query is upright."""
    query = images[0]
    oriented = batch_of(metric, [orient(query, variant) for variant in VARIANTS])
    queries = metric.extract_variants(query, metric.variants)
    scores = metric.compare_variants(queries, oriented)
    place = metric.setting_positions({})
    assert metric.scale.similarity(scores.raw[place]).min() > 0.9
    if len(metric.variants) > 1:
        assert scores.variant[place].tolist() == list(range(8))


@pytest.mark.parametrize("metric", METRICS, indirect=True)
def test_the_feature_key_names_every_parameter(metric: Metric) -> None:
    assert metric.feature_key.startswith(f"{metric.name}-")
    assert metric.feature_key.endswith(f"-v{metric.version}")
    assert metric.spec.key == metric.feature_key
    for one in dataclasses.fields(metric):
        if one.init and isinstance(getattr(metric, one.name), int):
            changed = dataclasses.replace(metric, **{one.name: getattr(metric, one.name) // 2})
            assert changed.feature_key != metric.feature_key


@pytest.mark.parametrize("metric", METRICS, indirect=True)
def test_raw_values_are_told_with_their_unit(metric: Metric) -> None:
    assert described(metric.scale, metric.scale.best).endswith(metric.scale.unit)
    assert described(metric.scale, float("nan")) == "not comparable"
    assert metric.scale.similarity(np.array(metric.scale.best, np.float32)) == 1
    assert metric.scale.similarity(np.array(metric.scale.worst, np.float32)) == 0


def test_a_changed_copy_is_nearer_than_strangers_by_some_metric(images: list[RGBImage]) -> None:
    for change in (lambda one: recompress(one, 15), lambda one: turn(one, 15), lambda one: noise(one, 15)):
        found = []
        for metric in all_metrics():
            raw = metric.scores(metric.extract(change(images[1])), batch_of(metric, images)).raw
            found.append(int(metric.scale.similarity(raw[metric.setting_positions({})]).argmax()) == 1)
        assert sum(found) >= 3


@pytest.mark.parametrize("metric", METRICS, indirect=True)
def test_orientations_are_extracted_as_if_one_by_one(metric: Metric, images: list[RGBImage]) -> None:
    for image in images[:2]:
        together = metric.extract_variants(image, metric.variants)
        assert list(together) == list(metric.variants)
        np.testing.assert_array_equal(together[UPRIGHT], metric.extract(image))
        alone = {one: metric.extract(orient(image, one)) for one in metric.variants}
        for one in metric.variants:
            batch = FeatureBatch.of([alone[one]], metric.layout)
            raw = metric.scores(together[one], batch).raw[(*metric.setting_positions({}), 0)]
            assert metric.scale.similarity(raw) > 0.9


@pytest.mark.parametrize("metric", [one.name for one in all_metrics() if isinstance(one, Sketched)], indirect=True)
def test_sketches_put_the_same_picture_first(
    metric: Metric, images: list[RGBImage], odd_images: dict[str, RGBImage]
) -> None:
    assert isinstance(metric, Sketched)
    features = [metric.extract(image) for image in [*images, *odd_images.values()]]
    sketches = [metric.sketch(one) for one in features]
    for one, sketch in zip(features, sketches, strict=True):
        assert len(sketch) == min(1, len(one))
        metric.sketch_layout.pack(sketch)
    batch = FeatureBatch.of(sketches, metric.sketch_layout)
    for position, image in enumerate(images):
        queries = metric.extract_variants(recompress(image, 50), metric.variants)
        rough = metric.compare_sketches(queries, batch)
        assert int(np.nanargmax(rough)) == position
        assert np.isnan(rough[batch.counts == 0]).all()
    nothing = dict.fromkeys(metric.variants, metric.layout.empty())
    assert np.isnan(metric.compare_sketches(nothing, batch)).all()


@pytest.mark.parametrize("metric", [one.name for one in all_metrics() if isinstance(one, Mapped)], indirect=True)
def test_vectors_follow_the_metric(metric: Metric, images: list[RGBImage], odd_images: dict[str, RGBImage]) -> None:
    """A picture's recompressed copy is the nearest point, and what cannot be compared is NaN."""
    assert isinstance(metric, Mapped)
    batch = batch_of(metric, [*images, odd_images["flat"]])
    vectors = metric.vectors(batch)
    assert (vectors.shape, vectors.dtype) == ((len(batch), metric.vector_size), np.float32)
    np.testing.assert_array_equal(np.isnan(vectors).all(axis=1), batch.counts == 0)
    np.testing.assert_array_equal(np.isnan(vectors).any(axis=1), batch.counts == 0)
    np.testing.assert_array_equal(metric.vectors(batch.take(np.array([2]))), vectors[2:3])
    copies = metric.vectors(batch_of(metric, [recompress(image, 60) for image in images]))
    apart = np.square(copies[:, np.newaxis] - vectors[: len(images)]).sum(axis=2)
    np.testing.assert_array_equal(apart.argmin(axis=1), np.arange(len(images)))
