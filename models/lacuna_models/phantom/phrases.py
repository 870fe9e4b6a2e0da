"""The wording of phantom reports: sentence patterns, by what they say.

A pattern may hold ``{side}`` ``{Side}`` ``{zone}`` ``{Zone}`` ``{size}`` ``{Size}``, filled by the
grammar, and ``(this|that)`` choices, of which one may be empty. The n-th pattern of every list is
one house's habit, so that the sentences of a report betray how its other sentences are worded.
"""

from __future__ import annotations

BODY: dict[str, tuple[str, ...]] = {
    "heart normal": (
        "The heart is normal in size.",
        "Heart size is (normal|within normal limits).",
        "The cardiac silhouette is (normal|not enlarged).",
        "Normal heart size.",
        "The cardiac contour is unremarkable.",
    ),
    "heart mildly enlarged": (
        "The heart is mildly enlarged.",
        "Heart size is mildly increased.",
        "The cardiac silhouette is mildly enlarged.",
        "Mild cardiomegaly.",
        "There is mild cardiac enlargement.",
    ),
    "heart markedly enlarged": (
        "The heart is markedly enlarged.",
        "Heart size is markedly increased.",
        "The cardiac silhouette is markedly enlarged.",
        "Marked cardiomegaly.",
        "There is marked cardiac enlargement.",
    ),
    "lungs clear": (
        "The lungs are clear.",
        "Both lungs are clear, without focal opacity.",
        "No focal consolidation or nodule is seen.",
        "Clear lungs.",
        "The lungs show no consolidation and no nodule.",
    ),
    "consolidation": (
        "There is consolidation in the {zone}.",
        "An airspace opacity is present in the {zone}.",
        "Airspace consolidation is seen in the {zone}.",
        "Consolidation in the {zone}.",
        "The {zone} shows (patchy|dense) consolidation.",
    ),
    "no consolidation": (
        "There is no consolidation.",
        "No airspace opacity is present.",
        "No (focal|airspace) consolidation is seen.",
        "No consolidation.",
        "The lungs show no consolidation.",
    ),
    "nodule": (
        "There is a nodule in the {zone}.",
        "A (solitary|well defined) nodule is present in the {zone}.",
        "A round nodule is seen in the {zone}.",
        "Nodule in the {zone}.",
        "The {zone} shows a (small|solitary) nodule.",
    ),
    "no nodule": (
        "There is no pulmonary nodule.",
        "No nodule is present.",
        "No pulmonary nodule is seen.",
        "No nodule.",
        "The lungs show no nodule.",
    ),
    "pleura clear": (
        "There is no pleural effusion or pneumothorax.",
        "No effusion or pneumothorax is present.",
        "No pleural effusion and no pneumothorax is seen.",
        "No effusion, no pneumothorax.",
        "The pleural spaces are clear.",
    ),
    "effusion": (
        "There is a {size} {side} pleural effusion.",
        "A {size} pleural effusion is present on the {side}.",
        "A {size} effusion is seen on the {side}.",
        "{Size} {side} effusion.",
        "The {side} pleural space holds a {size} effusion.",
    ),
    "effusions equal": (
        "There are {size} bilateral pleural effusions.",
        "{Size} pleural effusions are present on both sides.",
        "{Size} effusions are seen on both sides.",
        "{Size} bilateral effusions.",
        "Both pleural spaces hold {size} effusions.",
    ),
    "no effusion": (
        "There is no pleural effusion.",
        "No effusion is present.",
        "No pleural effusion is seen.",
        "No effusion.",
        "The pleural spaces hold no fluid.",
    ),
    "pneumothorax": (
        "There is a {side} pneumothorax.",
        "A pneumothorax is present on the {side}.",
        "A {side} sided pneumothorax is seen, with a visible pleural line.",
        "{Side} pneumothorax.",
        "The {side} pleural space holds air, a pneumothorax.",
    ),
    "no pneumothorax": (
        "There is no pneumothorax.",
        "No pneumothorax is present.",
        "No pneumothorax is seen.",
        "No pneumothorax.",
        "The pleural spaces hold no air.",
    ),
    "tube": (
        "There is an endotracheal tube with its tip above the carina.",
        "An endotracheal tube is present, with its tip in good position.",
        "An endotracheal tube is seen, ending above the carina.",
        "Endotracheal tube above the carina.",
        "The endotracheal tube (ends|lies) above the carina.",
    ),
    "pacemaker": (
        "There is a left chest wall pacemaker with two leads.",
        "A dual lead pacemaker is present in the left chest wall.",
        "A left sided pacemaker is seen, with leads in the right heart.",
        "Left pacemaker with two leads.",
        "The pacemaker leads (end|lie) in the right heart.",
    ),
    "no devices": (
        "There are no lines or tubes.",
        "No support devices are present.",
        "No lines, tubes or devices are seen.",
        "No devices.",
        "The chest holds no devices.",
    ),
    "mediastinum": (
        "The mediastinum is normal.",
        "The mediastinal contours are within normal limits.",
        "The mediastinal silhouette is not widened.",
        "Normal mediastinum.",
        "The mediastinal contour is unremarkable.",
    ),
    "bones": (
        "The bones are normal.",
        "The bony thorax is intact.",
        "No (acute|focal) bony abnormality is seen.",
        "Bones intact.",
        "The ribs and clavicles are unremarkable.",
    ),
    "otherwise": (
        "The chest is otherwise normal.",
        "The remainder of the chest is within normal limits.",
        "No other abnormality is seen.",
        "Otherwise normal.",
        "The rest of the chest is unremarkable.",
    ),
}

IMPRESSION: dict[str, tuple[str, ...]] = {
    "normal": (
        "There is no acute cardiopulmonary abnormality.",
        "The chest is within normal limits.",
        "No acute abnormality is seen.",
        "Normal chest.",
        "The chest is unremarkable.",
    ),
    "heart mildly enlarged": (
        "The heart is mildly enlarged.",
        "Mildly increased heart size.",
        "Mildly enlarged cardiac silhouette.",
        "Mild cardiomegaly.",
        "Mild cardiac enlargement.",
    ),
    "heart markedly enlarged": (
        "The heart is markedly enlarged.",
        "Markedly increased heart size.",
        "Markedly enlarged cardiac silhouette.",
        "Marked cardiomegaly.",
        "Marked cardiac enlargement.",
    ),
    "consolidation": (
        "There is {zone} consolidation, (likely pneumonia|in keeping with infection).",
        "{Zone} airspace opacity, (probably pneumonia|likely infective).",
        "{Zone} consolidation, likely pneumonia.",
        "{Zone} consolidation.",
        "Consolidation of the {zone}.",
    ),
    "nodule": (
        "There is a {zone} nodule, (CT is advised|for CT).",
        "{Zone} nodule, CT is recommended.",
        "{Zone} nodule, (CT is suggested|to be followed up).",
        "{Zone} nodule.",
        "Nodule of the {zone}.",
    ),
    "effusion": (
        "There is a {size} {side} pleural effusion.",
        "{Size} pleural effusion on the {side}.",
        "{Size} {side} pleural effusion.",
        "{Size} {side} effusion.",
        "{Size} effusion in the {side} pleural space.",
    ),
    "effusions equal": (
        "There are {size} bilateral pleural effusions.",
        "{Size} pleural effusions on both sides.",
        "{Size} bilateral pleural effusions.",
        "{Size} bilateral effusions.",
        "{Size} effusions in both pleural spaces.",
    ),
    "pneumothorax": (
        "There is a {side} pneumothorax.",
        "Pneumothorax on the {side}.",
        "{Side} sided pneumothorax.",
        "{Side} pneumothorax.",
        "Pneumothorax in the {side} pleural space.",
    ),
}

HOUSES = 5

INDICATIONS = (
    "Cough.",
    "Shortness of breath.",
    "Chest pain.",
    "Fever.",
    "Fever and cough.",
    "Fall.",
    "Before surgery.",
    "After intubation.",
    "Follow-up.",
    "Weight loss.",
)

EXAMINATIONS = ("chest radiograph", "frontal chest radiograph", "portable chest radiograph")

# What a reader may type and the grammar never says: kept beside gaps in training, never learnt.
FOREIGN = (
    "There is a hiatus hernia.",
    "Surgical clips project over the right axilla.",
    "Degenerative change of the thoracic spine is noted.",
    "Scoliosis, convex to the left.",
    "Old healed fracture of the left seventh rib.",
    "Calcified granuloma, unchanged from 2019.",
    "Sternal wires after bypass surgery.",
    "Comparison is made with the film of 12 March.",
    "The patient is rotated.",
    "Poor inspiration.",
    "Bilateral cervical ribs!",
    "Breast implants; limited view.",
    "Tortuous aorta with wall calcification.",
    "Gas beneath both hemidiaphragms is not seen.",
    "Azygos lobe (a normal variant).",
    "Nipple shadows ~ 8 mm, symmetrical.",
)

PREFACES = (
    "Technique:\nFrontal chest radiograph.\n\n",
    "Comparison:\nNone.\n\n",
    "Clinical history:\nCough for 3 weeks.\n\n",
    "Examination: chest, one view.\n\n",
)

CRITICAL = (
    *("right", "left", "both", "bilateral", "upper", "mid", "lower"),
    *("small", "moderate", "large", "mild", "mildly", "marked", "markedly"),
    *("normal", "no", "not", "clear", "pneumothorax", "nodule", "consolidation", "effusion"),
    *("effusions", "pacemaker", "tube"),
)
