"""What the worker tells of the machine and of the environment it runs in."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# Terraform shares TensorFlow's prefix, and keeps secrets under it: TensorFlow's own switches are named more closely.
_SWITCHES = (
    "ATEN_", "CUBLAS_", "CUDA_VISIBLE_DEVICES", "DNNL_", "GLIBC_TUNABLES", "KERAS_", "KMP_", "MKL_", "NPY_",
    "NVIDIA_TF32_OVERRIDE", "OMP_", "ONEDNN_", "OPENBLAS_", "PYTORCH_", "TF_CPP_", "TF_CUDNN_", "TF_DETERMINISTIC_",
    "TF_DISABLE_", "TF_ENABLE_", "TF_FORCE_", "TF_NUM_", "TF_ONEDNN_", "TF_USE_", "TF_XLA_", "TORCH_", "XLA_FLAGS",
)  # fmt: skip


def cpu_facts() -> dict[str, Any]:
    """Return architecture, model and instruction-set flags of the processor, as far as the system tells."""
    facts: dict[str, Any] = {"machine": platform.machine(), "system": platform.platform(), "count": os.cpu_count()}
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split("\n\n")[0]
    except OSError:
        return facts
    for key, names in (("model", "model name|Processor"), ("flags", "flags|Features")):
        match = re.search(rf"^(?:{names})\s*:\s*(.*)$", text, re.MULTILINE)
        if match:
            facts[key] = match.group(1).strip()
    return facts


def environment_switches(environment: Mapping[str, str]) -> dict[str, str]:
    """Return those environment variables that change what numerical libraries compute."""
    return {name: value for name, value in sorted(environment.items()) if name.startswith(_SWITCHES)}
