"""Networks that turn pictures into embeddings: which there are, which is in use, and running it.

Only pictrace.models.obtain reaches the internet. An ONNX file is read field by field, and only what was read is handed
to the runtime. The one pickle, the weights in the box, is read by torch_file alone, which gives it no power.
"""

from __future__ import annotations

from pictrace.models.choice import MODEL_VARIABLE, chosen_model, default_model, find_model, using, why_not
from pictrace.models.files import MODELS_VARIABLE, check_file, is_here, model_path, models_folder
from pictrace.models.network import Network, network_of, release
from pictrace.models.prepare import seen, tensor_of
from pictrace.models.registry import DEFAULT_MODEL, MODELS, model_named
from pictrace.models.runtime import RUNTIME_COMMAND, RUNTIME_VARIABLE, runtime_name
from pictrace.models.spec import Model, Preprocessing, model_from_file

__all__ = [
    "DEFAULT_MODEL",
    "MODELS",
    "MODELS_VARIABLE",
    "MODEL_VARIABLE",
    "RUNTIME_COMMAND",
    "RUNTIME_VARIABLE",
    "Model",
    "Network",
    "Preprocessing",
    "check_file",
    "chosen_model",
    "default_model",
    "find_model",
    "is_here",
    "model_from_file",
    "model_named",
    "model_path",
    "models_folder",
    "network_of",
    "release",
    "runtime_name",
    "seen",
    "tensor_of",
    "using",
    "why_not",
]
