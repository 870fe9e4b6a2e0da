"""The words of a radiology report that carry a fact, by what they tell. Torch-free.

A list of the trade's common words, in British and American spelling; no checkpoint's own. A word
stands here in the form in which it is compared: forms that say the same share one key.
"""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """What a word tells."""

    SIDE = "side"
    LEVEL = "level"
    SIZE = "size"
    NEGATION = "negation"
    NORMALITY = "normality"
    CHANGE = "change"
    CERTAINTY = "certainty"
    FINDING = "finding"
    ANATOMY = "anatomy"
    MEASUREMENT = "measurement"


# kind -> key -> the forms that say it, as regular expressions of whole words, case folded
FORMS: dict[Kind, dict[str, tuple[str, ...]]] = {
    Kind.SIDE: {
        "right": ("right", "right-sided", "dextro"),
        "left": ("left", "left-sided"),
        "both": ("both", "bilateral", "bilaterally", "bibasal", "bibasilar"),
    },
    Kind.LEVEL: {
        "upper": ("upper", "apical", "apex", "superior"),
        "mid": ("mid", "middle", "perihilar"),
        "lower": ("lower", "basal", "base", "bases", "basilar", "inferior"),
        "anterior": ("anterior",),
        "posterior": ("posterior",),
        "lateral": ("lateral",),
        "medial": ("medial",),
        "proximal": ("proximal",),
        "distal": ("distal",),
    },
    Kind.SIZE: {
        "tiny": ("tiny", "trace", "minimal"),
        "small": ("small",),
        "mild": ("mild", "mildly", "slight", "slightly"),
        "moderate": ("moderate", "moderately"),
        "large": ("large", "massive"),
        "marked": ("marked", "markedly", "severe", "severely", "gross", "grossly"),
    },
    Kind.NEGATION: {
        "no": (
            r"no(?! (?:\w+ )?change)",
            "not(?! seen before)",
            "without",
            "nor",
            "none",
            "absent",
            "absence",
            "free of",
            "negative",
        ),
    },
    Kind.NORMALITY: {
        "normal": ("normal", "clear", "intact", "unremarkable", "within normal limits"),
    },
    Kind.CHANGE: {
        "new": ("new", "newly", "not seen before"),
        "unchanged": ("unchanged", "stable", "as before", "the same as", r"no (?:\w+ )?change"),
        "increased": (
            *("increased", "larger", "grown", "worse", "worsened", "progressed"),
            "smaller before",
        ),
        "decreased": (
            *("decreased", "smaller", "shrunk", "improved", "resolving"),
            "larger before",
        ),
        "resolved": ("resolved", "cleared", "gone"),
        "enlarged": ("enlarged", "enlargement", "widened", "widening", "dilated"),
    },
    Kind.CERTAINTY: {
        "likely": ("likely", "probably", "probable", "in keeping with", "consistent with"),
        "possible": ("possible", "possibly", "may", "might", "suspected", "questionable"),
        "cannot exclude": ("cannot be excluded", "cannot exclude", "not excluded"),
    },
    Kind.FINDING: {
        "effusion": ("effusions?", "fluid(?! levels?)"),
        "pneumothorax": ("pneumothora(?:x|ces)", "air(?![- ](?:space|bronchogram|trapping|fluid))"),
        "consolidation": ("consolidations?", "air ?space opacit(?:y|ies)"),
        "opacity": ("opacit(?:y|ies)", "shadowing"),
        "nodule": ("nodules?",),
        "mass": ("mass(?:es)?",),
        "atelectasis": ("atelecta(?:sis|tic)", "collapse"),
        "oedema": ("o?edema", "congestion"),
        "granuloma": ("granulomas?", "granulomata"),
        "hernia": ("hernias?",),
        "fracture": ("fractures?", "fractured", "broken"),
        "pneumonia": ("pneumonia", "infection", "infective"),
        "cardiomegaly": ("cardiomegaly",),
        "emphysema": ("emphysema",),
        "fibrosis": ("fibrosis", "fibrotic"),
        "calcification": ("calcifications?", "calcified"),
        "haemorrhage": ("ha?emorrhage",),
        "lesion": ("lesions?",),
        "cyst": ("cysts?",),
        "stone": ("stones?", "calcul(?:us|i)"),
        "tube": ("tubes?", "intubation"),
        "line": (
            "(?<!septal )(?<!kerley b )lines",
            "(?:central|venous|arterial|picc) lines?",
            "catheters?",
        ),
        "device": ("devices?", "hardware"),
        "pacemaker": ("pacemakers?", "leads?"),
        "drain": ("drains?",),
        "abnormality": ("abnormalit(?:y|ies)", "acute process(?:es)?"),
    },
    Kind.ANATOMY: {
        "heart": ("heart", "cardiac", "cardiac silhouette", "cardiac contour"),
        "lung": ("lungs?", "pulmonary"),
        "pleura": ("pleural?", "pleural spaces?"),
        "mediastinum": ("mediastinum", "mediastinal"),
        "bone": ("bones?", "bony", "bony thorax", "osseous"),
        "rib": ("ribs?",),
        "clavicle": ("clavicles?", "clavicular"),
        "spine": ("spine", "spinal", "vertebrae?"),
        "carina": ("carina",),
        "cava": ("vena cava",),
        "atrium": ("atrium", "atrial"),
        "hilum": ("hil(?:um|a|ar)",),
        "diaphragm": ("(?:hemi)?diaphragms?",),
        "aorta": ("aorta", "aortic"),
        "chest": ("chest", "thorax"),
        "zone": ("zones?",),
        "lobe": ("lobes?", "lobar"),
        "liver": ("liver", "hepatic"),
        "kidney": ("kidneys?", "renal"),
        "spleen": ("spleen", "splenic"),
    },
}

NUMBER = r"\d+(?:[.,]\d+)?"
UNIT = r"(?:mm|cm|ml|cc|HU|%|millimet(?:er|re)s?|centimet(?:er|re)s?)"
MEASUREMENT = rf"{NUMBER}(?:\s*(?:x|×|by)\s*{NUMBER})*\s*{UNIT}(?!\w)"  # noqa: RUF001  the sign is meant

# An organ and a word about it, which together name a finding that has a noun of its own.
MEANT: dict[tuple[str, tuple[str, ...]], str] = {
    ("heart", ("enlarged", "increased", "normal")): "cardiomegaly",
    ("mediastinum", ("enlarged",)): "mediastinum abnormality",
}

# organ -> the findings that a normal organ does not have; others are possible beside a normal one
REGIONS: dict[str, tuple[str, ...]] = {
    "chest": (),
    "lung": (
        *("consolidation", "opacity", "nodule", "mass", "atelectasis", "oedema", "granuloma"),
        *("pneumonia", "emphysema", "fibrosis"),
    ),
    "pleura": ("effusion", "pneumothorax"),
    "heart": ("cardiomegaly",),
    "mediastinum": (),
    "bone": ("fracture",),
    "rib": (),
    "clavicle": (),
    "spine": (),
    "hilum": (),
    "aorta": (),
    "liver": (),
    "kidney": (),
    "spleen": (),
}

# What a finding implies, so that it adds nothing to say it: "pleural effusion" is "effusion".
IMPLIED = frozenset({"chest", "lung", "pleura", "heart", "mediastinum", "bone"})

# What it means to call an organ clear: it says these are not there, and saying so says that.
CLEAR: dict[str, frozenset[str]] = {"pleura": frozenset({"effusion", "pneumothorax"})}
