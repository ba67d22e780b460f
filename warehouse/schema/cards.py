"""Tables of fitted cards, and of what the card in force says of enterprises."""

from functools import partial

from warehouse.schema.tables import COMMON, day, flag, number, own_table, small, spread, text, whole

_COLUMNS = COMMON | spread(
    {
        "label": text("what is foretold: a label of `learning.yaml`"),
        "card_id": text("fitted card the probability comes from"),
        "base_rate": number("share of positives where the card was calibrated"),
        "probability": number("calibrated probability of the label"),
        "low": number("lower end of its 95 % interval"),
        "high": number("upper end of its 95 % interval"),
        "wording_zh wording_en": text("the probability in words, against the base rate"),
        "cell": text("sector / size class whose prior is used"),
        "visits": whole("counted visits of 36 months"),
        "serious": whole("of these, serious or worse"),
        "peer_rate": number("share of serious visits among its peers (the prior's mean)"),
        "rate": number("its own share, shrunk to the peers"),
        "among_worst": number("chance of being among the worst 2 % of the city"),
        "family": text("family of models it was fitted by"),
        "fitted_on": day("day it was fitted"),
        "first_cohort": day("first day it learnt from"),
        "last_cohort": day("last day it learnt from"),
        "rows": whole("enterprises and days it learnt from"),
        "positives": whole("of these, those the label is true of"),
        "code_version": text("version of the program that fitted it"),
        "card": text("the card, as JSON"),
        "number": small("ascending number of the decision"),
        "action": text("promote or rollback"),
        "previous_id": text("card in force before; empty = the expert pack"),
        "approved_by": text("who answers for it"),
        "effective_from": day("first day coded with it"),
        "overridden": flag("the gate had refused it"),
        "gate": text("findings of the gate, as JSON"),
        "evaluation_id": text("run that evaluated"),
        "evaluated_on": day("day of the evaluation"),
        "opponent": text("the best simple rule on the test days before, which the verdict speaks against"),
        "verdict_zh verdict_en": text("the verdict in a sentence"),
        "gate_inputs": text("what the gate is asked about, as JSON"),
        "report": text("file of the report"),
        "against": text("card in force that day; empty = the expert pack"),
        "from_code": text("code by the facts of the day under the card in force"),
        "to_code": text("the same under the card in shadow"),
        "enterprises": whole("enterprises with both"),
        "red_from": whole("least score of RED under the card in force"),
        "shadow_score": whole("risk points under the card in shadow"),
        "shadow_red_from": whole("least score of RED under it"),
        "points": text(
            "feature, points under the one and the other, those that set them apart most first; JSON"
        ),
    }
)
_said = partial(own_table, _COLUMNS)
_model = partial(own_table, _COLUMNS, is_published=False)

TABLES = {
    "risk.probabilities": _said(
        "one enterprise and label a champion is calibrated for; empty with the expert pack",
        "enterprise_id as_of label card_id base_rate probability low high wording_zh wording_en",
        order="enterprise_id, label",
        renewed="enterprise",
        is_of_day=True,
    ),
    "risk.rates": _said(
        "one enterprise: share of serious visits, shrunk to its peers; empty with the expert pack",
        "enterprise_id cell visits serious peer_rate rate low high among_worst as_of",
        order="enterprise_id",
        is_of_day=True,
        low=number("lower end of the 90 % interval of the share"),
        high=number("upper end of the 90 % interval of the share"),
    ),
    "model.cards": _model(
        "one fitted card",
        "card_id label family fitted_on first_cohort last_cohort rows positives data_watermark "
        "fingerprint code_version card",
        key="card_id",
    ),
    "model.promotions": _model(
        "one decision which card is in force; without one the expert pack is",
        "number promoted_at action card_id previous_id approved_by reason effective_from overridden gate",
        key="number",
    ),
    "model.evaluations": _model(
        "one evaluation of a card",
        "evaluation_id label card_id known_at evaluated_on verdict_zh verdict_en gate_inputs report opponent",
        key="evaluation_id",
    ),
    "model.shadow_codes": _model(
        "one pair of codes of a day, under the card in force and a card in shadow (影子运行); kept for 62 days",
        "as_of card_id against from_code to_code enterprises",
        order="as_of, card_id, from_code, to_code",
    ),
    "model.shadow_red": _model(
        "one enterprise and day: RED under one of the two alone; kept for 62 days",
        "as_of card_id against enterprise_id from_code to_code score red_from shadow_score shadow_red_from points",
        order="as_of, card_id, enterprise_id",
        score=whole("risk points under the card in force"),
    ),
}
