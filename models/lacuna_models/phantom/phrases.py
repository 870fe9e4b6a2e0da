"""The wording of phantom reports: sentence patterns, by what they say.

A pattern may hold ``{side}`` ``{zone}`` ``{size}`` ``{mm}`` ``{tip}`` (with a capital where the
sentence begins with it), filled by the grammar, and ``(this|that)`` choices. The n-th pattern of
every list, and the n-th word of its choices, are one house's habit, so that the sentences of a
report betray how its other sentences are worded.
"""

from __future__ import annotations

ROWS = 5  # patterns in every list
OPTIONS = 3  # most words in a choice

BODY: dict[str, tuple[str, ...]] = {
    "heart normal": (
        "The heart is normal in size.",
        "Heart size is (normal|within normal limits|unremarkable).",
        "The cardiac silhouette is (normal|not enlarged|of normal size).",
        "Normal heart size.",
        "The cardiac contour is (unremarkable|normal|not enlarged).",
    ),
    "heart mildly enlarged": (
        "The heart is (mildly enlarged|mildly increased in size|mildly prominent).",
        "Heart size is mildly increased.",
        "The cardiac silhouette is mildly (enlarged|widened|prominent).",
        "Mild cardiomegaly.",
        "There is mild cardiac enlargement.",
    ),
    "heart markedly enlarged": (
        "The heart is (markedly enlarged|markedly increased in size|markedly prominent).",
        "Heart size is markedly increased.",
        "The cardiac silhouette is markedly (enlarged|widened|prominent).",
        "Marked cardiomegaly.",
        "There is marked cardiac enlargement.",
    ),
    "lungs clear": (
        "The lungs are clear.",
        "Both lungs are clear, without (focal opacity|focal lesion|airspace opacity).",
        "The lung fields (are|remain|appear) clear.",
        "Clear lungs.",
        "The lungs are well aerated and clear.",
    ),
    "consolidation": (
        "There is (consolidation|airspace consolidation|dense consolidation) in the {zone}.",
        "An airspace opacity is (present|seen|noted) in the {zone}.",
        "Airspace consolidation is (seen|noted|present) in the {zone}.",
        "(Consolidation|Dense consolidation|Patchy consolidation) in the {zone}.",
        "The {zone} shows (patchy|dense|airspace) consolidation.",
    ),
    "no consolidation": (
        "There is no consolidation.",
        "No airspace opacity is (present|seen|noted).",
        "No (focal|airspace|dense) consolidation is seen.",
        "No consolidation.",
        "The lungs show no consolidation.",
    ),
    "nodule": (
        "There is a {mm} mm nodule in the {zone}.",
        "A (solitary|well defined|round) nodule of {mm} mm is present in the {zone}.",
        "A {mm} mm (round|solitary|smooth) nodule is seen in the {zone}.",
        "{mm} mm nodule in the {zone}.",
        "The {zone} shows a nodule (of|measuring|of about) {mm} mm.",
    ),
    "no nodule": (
        "There is no pulmonary nodule.",
        "No nodule is (present|seen|noted).",
        "No (pulmonary|focal|lung) nodule is seen.",
        "No nodule.",
        "The lungs show no nodule.",
    ),
    "granuloma": (
        "There is a calcified granuloma in the {side} lung.",
        "A (small|dense|tiny) calcified granuloma is present in the {side} lung.",
        "A granuloma of the {side} lung is (seen|noted|evident), calcified.",
        "(Calcified|Small calcified|Dense) granuloma, {side} lung.",
        "The {side} lung holds a calcified granuloma.",
    ),
    "atelectasis": (
        "There is (linear|plate|discoid) atelectasis at the {side} base.",
        "A band of atelectasis is (present|seen|noted) at the {side} base.",
        "Linear atelectasis is (seen|noted|present) at the {side} lung base.",
        "(Linear|Plate|Discoid) atelectasis at the {side} base.",
        "The {side} base shows (linear|plate|discoid) atelectasis.",
    ),
    "no atelectasis": (
        "There is no atelectasis.",
        "No atelectasis is (present|seen|noted).",
        "No basal atelectasis is seen.",
        "No atelectasis.",
        "The lung bases show no atelectasis.",
    ),
    "oedema": (
        "There is interstitial oedema (of both lungs|with septal lines|with thick vessels).",
        "Interstitial oedema is (present|seen|noted), with septal lines.",
        "Interstitial markings are (increased|coarse|thick), in keeping with oedema.",
        "Interstitial oedema.",
        "Both lungs show interstitial oedema.",
    ),
    "no oedema": (
        "There is no oedema.",
        "No interstitial oedema is (present|seen|noted).",
        "Interstitial markings are not (increased|coarse|thick).",
        "No oedema.",
        "The lungs show no oedema.",
    ),
    "pleura clear": (
        "There is no pleural effusion or pneumothorax.",
        "No effusion or pneumothorax is (present|seen|noted).",
        "No pleural effusion and no pneumothorax is seen.",
        "No effusion, no pneumothorax.",
        "The pleural spaces are clear.",
    ),
    "effusion": (
        "There is a {size} {side} pleural effusion.",
        "A {size} pleural effusion is (present|seen|noted) on the {side}.",
        "A {size} effusion is (seen|noted|present) on the {side}.",
        "{Size} {side} effusion.",
        "The {side} pleural space holds a {size} effusion.",
    ),
    "effusions equal": (
        "There are {size} bilateral pleural effusions.",
        "{Size} pleural effusions are (present|seen|noted) on both sides.",
        "{Size} effusions are (seen|noted|present) on both sides.",
        "{Size} bilateral effusions.",
        "Both pleural spaces hold {size} effusions.",
    ),
    "no effusion": (
        "There is no pleural effusion.",
        "No effusion is (present|seen|noted).",
        "No pleural effusion is seen.",
        "No effusion.",
        "The pleural spaces hold no fluid.",
    ),
    "pneumothorax": (
        "There is a {side} pneumothorax.",
        "A pneumothorax is (present|seen|noted) on the {side}.",
        "A {side} sided pneumothorax is seen, with a visible pleural line.",
        "{Side} pneumothorax.",
        "The {side} pleural space holds air, a pneumothorax.",
    ),
    "no pneumothorax": (
        "There is no pneumothorax.",
        "No pneumothorax is (present|seen|noted).",
        "No (large|sizeable|apical) pneumothorax is seen.",
        "No pneumothorax.",
        "The pleural spaces hold no air.",
    ),
    "tube": (
        "There is an endotracheal tube with its tip above the carina.",
        "An endotracheal tube is (present|seen|noted), with its tip in good position.",
        "An endotracheal tube (is seen, ending|ends|is noted) above the carina.",
        "Endotracheal tube above the carina.",
        "The endotracheal tube (ends|lies|stops) above the carina.",
    ),
    "line": (
        "There is a central venous line with its tip in the {tip}.",
        "A central venous line is (present|seen|noted), ending in the {tip}.",
        "A central line (is seen, ending|ends|is noted) in the {tip}.",
        "Central line in the {tip}.",
        "The central venous line (ends|lies|stops) in the {tip}.",
    ),
    "pacemaker": (
        "There is a left chest wall pacemaker with two leads.",
        "A dual lead pacemaker is (present|seen|noted) in the left chest wall.",
        "A left sided pacemaker is seen, with leads in the right heart.",
        "Left pacemaker with two leads.",
        "The pacemaker leads (end|lie|stop) in the right heart.",
    ),
    "no devices": (
        "There are no lines or tubes.",
        "No support devices are (present|seen|noted).",
        "No lines, tubes or devices are seen.",
        "No devices.",
        "The chest holds no devices.",
    ),
    "hernia": (
        "There is a hiatus hernia behind the heart.",
        "A hiatus hernia is (present|seen|noted), with an air fluid level.",
        "A retrocardiac hiatus hernia is (seen|noted|present).",
        "Hiatus hernia.",
        "The hiatus hernia lies behind the heart.",
    ),
    "mediastinum": (
        "The mediastinum is normal.",
        "The mediastinal contours are (within normal limits|normal|unremarkable).",
        "The mediastinal silhouette is not (widened|enlarged|displaced).",
        "Normal mediastinum.",
        "The mediastinal contour is (unremarkable|normal|not widened).",
    ),
    "fracture": (
        "There is a displaced fracture of the {side} clavicle.",
        "A (displaced|midshaft|complete) {side} clavicle fracture is present.",
        "A fracture of the {side} clavicle is (seen|noted|present), displaced.",
        "(Displaced|Midshaft|Complete) {side} clavicle fracture.",
        "The {side} clavicle is (fractured|broken|fractured in its middle third).",
    ),
    "bones": (
        "The bones are normal.",
        "The bony thorax is (intact|unremarkable|normal).",
        "No (acute|focal|other) bony abnormality is seen.",
        "Bones intact.",
        "The ribs and clavicles are (unremarkable|intact|normal).",
    ),
    "otherwise": (
        "The chest is otherwise normal.",
        "The remainder of the chest is within normal limits.",
        "No other abnormality is (seen|noted|present).",
        "Otherwise normal.",
        "The rest of the chest is unremarkable.",
    ),
    "new": (
        "The {side} effusion is new.",
        "The {side} effusion is new since the prior examination.",
        "This {side} effusion was not (seen|noted|present) before.",
        "{Side} effusion new since prior.",
        "The {side} effusion has come since the prior.",
    ),
    "larger": (
        "The {side} effusion is larger than before.",
        "The {side} effusion has grown since the prior examination.",
        "The {side} effusion was smaller before.",
        "{Side} effusion larger than before.",
        "The {side} effusion has grown since the prior.",
    ),
    "smaller": (
        "The {side} effusion is smaller than before.",
        "The {side} effusion has shrunk since the prior examination.",
        "The {side} effusion was larger before.",
        "{Side} effusion smaller than before.",
        "The {side} effusion has shrunk since the prior.",
    ),
    "unchanged": (
        "The {side} effusion is unchanged.",
        "The {side} effusion is unchanged since the prior examination.",
        "The {side} effusion is as before.",
        "{Side} effusion unchanged.",
        "The {side} effusion is the same as in the prior.",
    ),
    "resolved": (
        "The {side} effusion has resolved.",
        "The {side} effusion has resolved since the prior examination.",
        "The {side} effusion (seen|noted|present) before has cleared.",
        "{Side} effusion resolved.",
        "The {side} effusion of the prior has gone.",
    ),
}

IMPRESSION: dict[str, tuple[str, ...]] = {
    "normal": (
        "There is no acute cardiopulmonary abnormality.",
        "No acute (process|disease|finding) in the chest.",
        "No acute abnormality is (seen|noted|evident).",
        "Nothing acute.",
        "The chest shows nothing acute.",
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
        "There is {zone} consolidation, (likely pneumonia|likely infection|likely infective).",
        "{Zone} airspace opacity, (probably pneumonia|probably infection|probably infective).",
        "{Zone} consolidation, (likely|probably|possibly) pneumonia.",
        "{Zone} consolidation.",
        "Consolidation of the {zone}.",
    ),
    "nodule": (
        "There is a {mm} mm {zone} nodule, CT is (advised|suggested|recommended).",
        "{Zone} nodule of {mm} mm, CT is (recommended|suggested|advised).",
        "{mm} mm {zone} nodule, (for CT|for follow up|to be followed).",
        "{mm} mm {zone} nodule.",
        "Nodule of {mm} mm in the {zone}.",
    ),
    "oedema": (
        "There is interstitial oedema, (likely cardiac|likely from fluid overload|likely acute).",
        "Interstitial (oedema|pulmonary oedema|lung oedema).",
        "Interstitial oedema of both lungs.",
        "Interstitial oedema.",
        "Oedema of the lungs.",
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
    "fracture": (
        "There is a fracture of the {side} clavicle.",
        "{Side} clavicle fracture.",
        "Fracture of the {side} clavicle.",
        "{Side} clavicle fracture.",
        "Broken {side} clavicle.",
    ),
    "line deep": (
        "The central line ends in the right atrium and (may|should|could) be withdrawn.",
        "Central line in the right atrium, (withdrawal is advised|too deep|to be withdrawn).",
        "Central line too deep, in the right atrium.",
        "Central line in the right atrium.",
        "The central line reaches the right atrium.",
    ),
}

PRIORS = (
    "There was a {size} {side} pleural effusion.",
    "{Size} effusion on the {side}.",
    "A {size} {side} effusion was seen.",
)
PRIORS_NONE = (
    "There was no {side} pleural effusion.",
    "No effusion on the {side}.",
    "No {side} effusion was seen.",
)

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
    "There is a large goitre.",
    "Surgical clips project over the right axilla.",
    "Degenerative change of the thoracic spine is noted.",
    "Scoliosis, convex to the left.",
    "Old healed fracture of the left seventh rib.",
    "Calcified lymph nodes, unchanged from 2019.",
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
    *("right", "left", "both", "bilateral", "upper", "mid", "lower", "1", "2", "3"),
    *("small", "moderate", "large", "mild", "mildly", "marked", "markedly"),
    *("normal", "no", "not", "clear", "pneumothorax", "nodule", "consolidation", "effusion"),
    *("effusions", "pacemaker", "tube", "line", "cava", "atrium", "granuloma", "atelectasis"),
    *("oedema", "hernia", "fracture", "clavicle", "new", "larger", "smaller", "unchanged"),
    *("resolved", "grown", "shrunk", "yes", "one", "two", "three", "none"),
)
