"""A stand-in for the real folder: its ids, its layers' make, its files; random weights, narrow.

What the real checkpoint has and the bundled one has not: 262,144 pieces with Gemma's ids, 128
experts of which a token takes 8, full-attention layers whose values are their keys, three ids that
end a reply, a sharded index, templates that put the thought channel here or there.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from tokenizers.trainers import BpeTrainer
from transformers.models.gemma4.image_processing_pil_gemma4 import Gemma4ImageProcessorPil

from lacuna_models.bench.shapes import real_config
from tests.helpers import tiny

PIECES = 262_144
SPECIALS = {
    0: "<pad>",
    1: "<eos>",
    2: "<bos>",
    3: "<unk>",
    4: "<mask>",
    50: "<|tool_response>",
    98: "<|think|>",
    100: "<|channel>",
    101: "<channel|>",
    105: "<|turn>",
    106: "<turn|>",
    255_999: "<|image>",
    258_880: "<|image|>",
    258_882: "<image|>",
}
NEWLINES = range(107, 138)  # "\n", "\n\n", ... as added tokens that are not special
BYTES = range(238, 494)
LEARNED = 494  # the first piece of the model's own

_HEAD = (
    "{{- bos_token -}}{%- for message in messages -%}"
    "{{- '<|turn>' + ('model' if message['role'] == 'assistant' else message['role']) + '\n' -}}"
    "{%- for item in message['content'] -%}"
    "{%- if item['type'] == 'image' -%}{{- '<|image|>' -}}"
    "{%- else -%}{{- item['text'] | trim -}}{%- endif -%}{%- endfor -%}"
    "{{- '<turn|>\n' -}}{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|turn>model\n' -}}"
)
# Early revisions close an empty thought channel in the prompt; later ones only know its name.
IN_PROMPT = _HEAD + (
    "{%- if not enable_thinking | default(false) -%}"
    "{{- '<|channel>thought\n<channel|>' -}}{%- endif -%}{%- endif -%}"
)
ON_CANVAS = (
    "{%- macro strip(text) -%}{{- text.split('<|channel>') | first -}}{%- endmacro -%}"
    + _HEAD
    + "{%- endif -%}"
)
GENERATION = {
    "eos_token_id": [1, 106, 50],
    "pad_token_id": 0,
    "max_denoising_steps": 48,
    "max_new_tokens": 256,
    "sampler_config": {"_cls_name": "EntropyBoundSamplerConfig", "entropy_bound": 0.1},
    "stability_threshold": 1,
    "confidence_threshold": 0.005,
    "t_max": 0.8,
    "t_min": 0.4,
}


@cache
def tokenizer_json() -> str:
    """Return a byte-fallback BPE of all 262,144 pieces; a few hundred of them are reachable."""
    learned = _learned()
    names: dict[int, str] = {**SPECIALS, **{i: "\n" * (i - 106) for i in NEWLINES}}
    names |= {i: f"<0x{i - BYTES.start:02X}>" for i in BYTES}
    taken, free = set(names.values()), iter(i for i in range(LEARNED, PIECES) if i not in names)
    pieces = [piece for piece in learned["vocab"] if piece not in taken]
    names |= dict(zip(free, pieces, strict=False))
    vocab = {names.get(i, f"<unused{i}>"): i for i in range(PIECES)}
    raw = json.loads(tiny.tokenizer_json())
    raw["model"]["vocab"] = vocab
    raw["model"]["merges"] = learned["merges"]
    raw["added_tokens"] = [
        _added(i, name, special=i in SPECIALS)
        for i, name in sorted(names.items())
        if i in SPECIALS or i in NEWLINES
    ]
    return json.dumps(raw, ensure_ascii=False)


def _learned() -> dict[str, Any]:
    """Return vocabulary and merges of a BPE that was trained on a few lines of report."""
    tokenizer = Tokenizer.from_str(tiny.tokenizer_json())
    tokenizer.train_from_iterator(tiny.CORPUS * 20, BpeTrainer(vocab_size=300, show_progress=False))
    model: dict[str, Any] = json.loads(tokenizer.to_str())["model"]
    return model


def _added(number: int, name: str, *, special: bool) -> dict[str, object]:
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": number, "content": name, "special": special, **flags}


def build(folder: Path, *, template: str = ON_CANVAS, shards: int = 3, **text: Any) -> Path:
    """Write the whole folder as the vendor's lies on a disk: bfloat16, in shards with an index."""
    from transformers import DiffusionGemmaForBlockDiffusion

    narrow = {"hidden_size": 32, "intermediate_size": 24, "moe_intermediate_size": 16}
    config = real_config(layers=6, vision_layers=1, **(narrow | text))
    _narrow_vision(config.vision_config)
    torch.manual_seed(11)
    model = DiffusionGemmaForBlockDiffusion(config).to(torch.bfloat16)
    folder.mkdir(parents=True)
    size = sum(p.numel() * 2 for p in model.parameters())
    model.save_pretrained(folder, max_shard_size=size // shards)
    write_words(folder, template)
    return folder


def write_words(folder: Path, template: str) -> None:
    """Write tokenizer, template, picture settings and generation_config.json."""
    (folder / "tokenizer.json").write_text(tokenizer_json(), encoding="utf-8")
    names = {"bos": 2, "eos": 1, "pad": 0, "unk": 3, "image": 258_880, "boi": 255_999}
    said = {f"{name}_token": SPECIALS[i] for name, i in names.items()}
    said |= {"eoi_token": "<image|>", "tokenizer_class": "PreTrainedTokenizerFast"}
    (folder / "tokenizer_config.json").write_text(
        json.dumps(said | {"clean_up_tokenization_spaces": False})
    )
    (folder / "chat_template.jinja").write_text(template)
    Gemma4ImageProcessorPil(max_soft_tokens=280).save_pretrained(folder)
    (folder / "generation_config.json").write_text(json.dumps(GENERATION))


def _narrow_vision(config: Any) -> None:
    config.hidden_size, config.intermediate_size = 24, 32
    config.num_attention_heads = config.num_key_value_heads = 2
    config.head_dim = config.global_head_dim = 12
    config.position_embedding_size = 256
