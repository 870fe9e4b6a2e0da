"""A tiny checkpoint of the real classes, with random weights: built once a session, in a folder."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers
from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer
from transformers import DiffusionGemmaConfig, DiffusionGemmaForBlockDiffusion
from transformers.models.gemma4.image_processing_pil_gemma4 import Gemma4ImageProcessorPil

SPECIALS = (
    "<pad>",
    "<eos>",
    "<bos>",
    "<unk>",
    "<|turn>",
    "<turn|>",
    "<|image>",
    "<|image|>",
    "<image|>",
    "<|channel>",
    "<channel|>",
)
CORPUS = (
    "FINDINGS:\nThe heart is normal in size. The lungs are clear.\n\nIMPRESSION:\nNo disease.\n",
    "FINDINGS:\nThe heart is mildly enlarged. Small left pleural effusion. No pneumothorax.\n",
    "There is a nodule in the right upper zone.\n\nIMPRESSION:\nRight upper zone nodule.\n",
    "Style: full. Write the report of this chest radiograph. Indication: cough and fever.\n",
    "user\nmodel\nthought\n",
)
TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}<|turn>{{ m['role'] }}\n"
    "{% for p in m['content'] %}{% if p['type'] == 'image' %}<|image|>"
    "{% else %}{{ p['text'] }}{% endif %}{% endfor %}<turn|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|turn>model\n{% endif %}"
)
SOFT_TOKENS = 64
CANVAS = 64


def tokenizer_json() -> str:
    """Return a metaspace BPE with byte fallback, of the make of Gemma's."""
    tokenizer = Tokenizer(BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("▁*[^▁\n]+|\n+|▁+"), "isolated")
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    bytes_ = [f"<0x{value:02X}>" for value in range(256)]
    trainer = BpeTrainer(
        vocab_size=480,
        special_tokens=[*SPECIALS, *bytes_],
        show_progress=False,
        initial_alphabet=["▁", "\n"],
    )
    tokenizer.train_from_iterator(CORPUS * 20, trainer)
    raw = json.loads(tokenizer.to_str())
    # The trainer knows one kind of added token; bytes belong to the model, not to these.
    raw["added_tokens"] = [t for t in raw["added_tokens"] if t["content"] in SPECIALS]
    return json.dumps(raw, ensure_ascii=False)


def config(vocabulary: int, *, attention: str | None = "vision") -> DiffusionGemmaConfig:
    """Return a configuration of some 40,000 parameters with each kind of layer."""
    return DiffusionGemmaConfig(
        text_config={
            "vocab_size": vocabulary,
            "hidden_size": 32,
            "intermediate_size": 48,
            "num_hidden_layers": 2,
            "layer_types": ["sliding_attention", "full_attention"],
            "num_attention_heads": 2,
            "num_key_value_heads": 1,
            "num_global_key_value_heads": 1,
            "head_dim": 16,
            "global_head_dim": 16,
            "sliding_window": 512,
            "num_experts": 2,
            "top_k_experts": 1,
            "moe_intermediate_size": 16,
            "max_position_embeddings": 1024,
            "use_bidirectional_attention": attention,
            "pad_token_id": 0,
            "eos_token_id": 1,
            "bos_token_id": 2,
            "initializer_range": 0.3,
        },
        vision_config={
            "hidden_size": 24,
            "intermediate_size": 32,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "num_key_value_heads": 2,
            "head_dim": 12,
            "global_head_dim": 12,
            "patch_size": 8,
            "pooling_kernel_size": 2,
            "position_embedding_size": 32,
            "default_output_length": SOFT_TOKENS,
        },
        boi_token_id=SPECIALS.index("<|image>"),
        image_token_id=SPECIALS.index("<|image|>"),
        eoi_token_id=SPECIALS.index("<image|>"),
        canvas_length=CANVAS,
        initializer_range=0.3,
    )


def build(folder: Path, *, template: str = TEMPLATE, elastic: bool = False) -> Path:
    """Write a whole checkpoint into ``folder`` and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    text = tokenizer_json()
    (folder / "tokenizer.json").write_text(text, encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(
        json.dumps(
            {
                "tokenizer_class": "PreTrainedTokenizerFast",
                "bos_token": "<bos>",
                "eos_token": "<eos>",
                "pad_token": "<pad>",
                "unk_token": "<unk>",
                "image_token": "<|image|>",
                "boi_token": "<|image>",
                "eoi_token": "<image|>",
                "clean_up_tokenization_spaces": False,
            }
        )
    )
    (folder / "chat_template.jinja").write_text(template)
    Gemma4ImageProcessorPil(
        max_soft_tokens=70, patch_size=8, pooling_kernel_size=2
    ).save_pretrained(folder)
    torch.manual_seed(7)
    model = DiffusionGemmaForBlockDiffusion(config(Tokenizer.from_str(text).get_vocab_size()))
    model.save_pretrained(folder)
    (folder / "generation_config.json").write_text(
        json.dumps(
            {
                "eos_token_id": [1, SPECIALS.index("<turn|>")],
                "pad_token_id": 0,
                "max_denoising_steps": 8,
                "max_new_tokens": CANVAS,
                "sampler_config": {
                    "_cls_name": "EntropyBoundSamplerConfig",
                    "entropy_bound": 0.1,
                },
                "stability_threshold": 1,
                "confidence_threshold": 0.005,
                "t_max": 0.8,
                "t_min": 0.4,
            }
        )
    )
    if elastic:
        (folder / "lacuna.json").write_text(
            json.dumps({"kind": "demonstrator", "elastic_gaps": True, "default_gap_tokens": 8})
        )
    return folder
