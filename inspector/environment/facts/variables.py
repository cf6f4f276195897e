"""The environment variables that the libraries, torch and Python read; secrets are masked before they leave."""

from __future__ import annotations

import os
import re

NAMES = (
    "HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "TMPDIR", "TEMP", "TMP", "VIRTUAL_ENV", "CONDA_PREFIX",
    "CONDA_DEFAULT_ENV", "LD_LIBRARY_PATH", "LD_PRELOAD", "DYLD_LIBRARY_PATH", "DYLD_INSERT_LIBRARIES", "LANG",
    "LC_ALL", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "DO_NOT_TRACK",
    "DISABLE_TELEMETRY", "USE_TORCH", "USE_TF", "USE_FLAX", "USE_JAX", "USE_HUB_KERNELS", "CIVITAI_API_TOKEN",
)  # fmt: skip
PREFIXES = (
    "HF_", "HUGGINGFACE_", "HUGGING_FACE_", "DIFFUSERS_", "TRANSFORMERS_", "ACCELERATE_", "SAFETENSORS_",
    "TOKENIZERS_", "TORCH", "PYTORCH", "CUDA", "CUBLAS_", "CUDNN_", "NVIDIA_", "NCCL_", "HIP_", "ROCR_", "ROCM_",
    "HSA_", "MIOPEN_", "XLA_", "MKL_", "OMP_", "KMP_", "OPENBLAS_", "BLIS_", "GOMP_", "NPY_", "NUMEXPR_", "PYTHON",
    "TRITON_", "XFORMERS_", "BITSANDBYTES_", "FLASH_ATTENTION_", "RUN_SLOW", "SLURM_JOB", "INSPECT_PIPE_",
)  # fmt: skip
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ftp_proxy")

_SECRET_NAME = re.compile(r"(?i)(^|_)(TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?|(API|ACCESS|PRIVATE)_?KEY|AUTH)(_|$)")
_NOT_SECRET = re.compile(r"(?i)(_PATH|_FILE|_DIR|DISABLE_IMPLICIT_TOKEN|TOKENIZERS_PARALLELISM)$")
_SECRET_VALUE = re.compile(
    r"\b(?:hf|api_org|ghp|gho|ghs|github_pat|glpat|sk|xox[abprs])[_-][A-Za-z0-9_-]{16,}|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"
    r"|(?i:(?<=bearer )|(?<=authorization: ))[A-Za-z0-9._~+/=-]{12,}|\beyJ[A-Za-z0-9_-]{16,}\.[\w-]+\.[\w-]*"
)
_USER = re.compile(r"(//)[^/@\s]*@")
_QUERY = re.compile(r"(://[^\s?]*)\?[^\s#]+")


def facts() -> dict[str, str]:
    """Name to value, sorted; a secret's value is ``***``."""
    return {
        name: value_of(name, value)
        for name, value in sorted(os.environ.items())
        if name in NAMES or name.startswith(PREFIXES) or name.lower() in PROXIES
    }


def value_of(name: str, value: str) -> str:
    """A variable's value as it may be shown; an empty one stays empty, which is a fact of its own."""
    if value and _SECRET_NAME.search(name) and not _NOT_SECRET.search(name):
        return "***"
    return masked(value)


def masked(text: str) -> str:
    """A text without tokens, and addresses without their users, passwords and queries (which may be signatures)."""
    return _SECRET_VALUE.sub("***", _QUERY.sub(r"\1?***", _USER.sub(r"\1***@", text)))
