"""Words the command line shows, in Chinese and English."""

from models import vocabulary as vocab

TEXTS: dict[str, tuple[str, str]] = {
    "as_of": ("赋码日期", "as of"),
    "accepted": ("接收", "accepted"),
    "added": ("新增", "new"),
    "corrected": ("更正", "corrected"),
    "unchanged": ("未变", "unchanged"),
    "refused": ("拒收", "refused"),
    "delivered": ("送达", "delivered"),
    "known_delivery": ("此批数据已接收过，无变化", "this delivery was taken in before; nothing changed"),
    "waiting": ("待企业登记", "waiting for register"),
    "rule": ("规则", "rule"),
    "table": ("数据表", "table"),
    "rows": ("行数", "rows"),
    "code": ("码", "code"),
    "enterprises": ("企业数", "enterprises"),
    "share": ("占比", "share"),
    "provisional": ("暂定", "provisional"),
    "change": ("较上次", "change"),
    "no_before": ("首次赋码", "first coding"),
    "queue_head": ("红码待检队列（前 {n}）", "Head of the red queue (first {n})"),
    "rank": ("序", "#"),
    "id": ("统一社会信用代码", "enterprise id"),
    "name": ("企业名称", "name"),
    "district": ("区划", "district"),
    "due": ("检查期限", "due"),
    "state": ("状态", "state"),
    "score": ("分", "score"),
    "reasons": ("主要理由", "main reasons"),
    "points": ("分值", "points"),
    "value": ("依据数据", "datum"),
    "reason": ("理由", "reason"),
    "basis": ("性质", "basis"),
    "reference": ("出处", "reference"),
    "sum": ("合计", "sum"),
    "clearing": ("如何解除", "what clears it"),
    "expires": ("失效日期", "expires"),
    "open_findings": ("未闭环问题", "open findings"),
    "to_check": ("检查要点", "what to check"),
    "overdue": ("逾期", "overdue"),
    "due_state": ("待检", "due"),
    "visited": ("已检", "visited"),
    "closed": ("已注销", "closed"),
    "calendar_provisional": ("日历暂定", "calendar provisional"),
    "assumption": (
        "阈值与分值为本项目假设，非济南市官方标准",
        "Cut-offs and points are this project's assumptions, not Jinan's",
    ),
    "nothing": ("没有符合条件的企业", "No enterprise matches"),
    "no_rejects": ("没有被拒数据", "No refused rows"),
    "file": ("文件", "file"),
    "line": ("行", "line"),
    "content": ("内容", "content"),
    "unrated": ("数据不足", "too little data"),
    "label_serious_finding": ("下次检查发现严重问题的概率", "chance of a serious finding at the next visit"),
    "label_penalty": ("12个月内有违法违规记录的概率", "chance of a finding or penalty within 12 months"),
    "label_accident": ("12个月内发生事故的概率", "chance of an accident within 12 months"),
    "label_lost_time_injury": (
        "12个月内发生损失工作日伤害的概率",
        "chance of a lost-time injury within 12 months",
    ),
    "label_bad_score": (
        "下次检查评分28分及以上的概率",
        "chance of 28 points or more at the next scored visit",
    ),
    "more": ("另有 {n} 条", "{n} more"),
    "law": ("法律", "law"),
    "policy": ("政策", "policy"),
    "proposal": ("建议", "proposal"),
    "demo_note": (
        "演示城市：企业与事件均为虚构",
        "demo city: enterprises and events are invented",
    ),
    "card": ("评分卡", "Scorecard"),
    "card_id": ("卡号", "card"),
    "challenger": ("候选", "challenger"),
    "champion": ("现行", "champion"),
    "retired": ("已退役", "retired"),
    "expert": ("专家卡", "expert pack"),
    "label": ("预测目标", "label"),
    "family": ("方法", "family"),
    "fitted_on": ("拟合日期", "fitted on"),
    "cohorts": ("队列", "cohorts"),
    "positives": ("阳性", "positive"),
    "no_cards": (
        "还没有评分卡，正使用专家卡。拟合一张：./riskcode model fit",
        "No scorecard yet; the expert pack is in force. Fit one: ./riskcode model fit",
    ),
    "card_data": ("数据", "Data"),
    "card_data_text": (
        "{rows} 行、{enterprises} 家企业，阳性 {positives} 行（{rate}）· 数据截至 {watermark}",
        "{rows} rows of {enterprises} enterprises, {positives} of them positive ({rate}) · known up to {watermark}",
    ),
    "card_cohorts": ("队列", "Cohorts"),
    "card_cohorts_text": (
        "{cohorts} 个赋码日，{first} 至 {last} · 为 {day} 拟合 · 方法 {family}",
        "{cohorts} as-of days, {first} to {last} · fitted for {day} · family {family}",
    ),
    "card_origin": ("来源", "Origin"),
    "card_origin_text": (
        "规则包 {pack} {version}（{hash}）· 代码 {code} · 分值指纹 {fingerprint}",
        "pack {pack} {version} ({hash}) · code {code} · fingerprint {fingerprint}",
    ),
    "card_point": ("一分", "One point"),
    "card_point_text": (
        "风险几率乘以 {odds}；各因素分值相加即总分",
        "multiplies the odds by {odds}; the score is the sum of the points of all factors",
    ),
    "card_factors": ("因素（{n} 个，按影响大小排列）", "Factors ({n}, those that move the score most first)"),
    "card_missing": ("缺失", "missing"),
    "card_other": ("缺失或其他", "missing or other"),
    "card_known": ("有值", "any value"),
    "card_and_more": ("另{n}项", "{n} more"),
    "card_codes": ("分码界线", "Cut-offs"),
    "card_codes_note": ("否决与底线规则另行生效", "vetoes and floors apply on top"),
    "card_probability": (
        "分数与概率：{title}（括号内为95%区间；平均 {base}）",
        "Score and probability: {title} (95% interval in brackets; base rate {base})",
    ),
    "card_joined": (
        "相邻分数段已合并显示，全部见 --json",
        "neighbouring steps are shown together; --json has all",
    ),
    "card_also": ("另有校准：{labels}（见 --json）", "Also calibrated for {labels}; see --json"),
    "card_proposal": (
        "分值、界线与概率由本项目根据历史数据拟合，仅为建议，非济南市官方标准；是否启用由主管部门决定。",
        "Points, cut-offs and probabilities were fitted by this project on past data: a proposal, not Jinan's "
        "standard. Whether it is put in force is decided by a person of the authority.",
    ),
    "above_far": ("远高于平均", "far above average"),
    "above_well": ("明显高于平均", "well above average"),
    "above_somewhat": ("略高于平均", "somewhat above average"),
    "average": ("接近平均", "about average"),
    "below_somewhat": ("略低于平均", "somewhat below average"),
    "below_well": ("明显低于平均", "well below average"),
    "fitted": ("已拟合评分卡 {card}：{factors} 个因素", "Fitted scorecard {card}: {factors} factors"),
    "fitted_next": (
        "查看：./riskcode model show {card} · 与现行卡比较：./riskcode model compare {card}",
        "See it: ./riskcode model show {card} · hold it against the champion: ./riskcode model compare {card}",
    ),
    "contestant": ("方法", "contestant"),
    "measure": ("指标", "measure"),
    "measure_auc": ("AUC", "AUC"),
    "measure_precision_expected": ("命中率", "precision"),
    "measure_recall_expected": ("检出率", "recall"),
    "measure_lift": ("提升倍数", "lift"),
    "measure_calibration_error": ("校准误差", "calibration error"),
    "measure_chicago_days_earlier": ("提前天数", "days earlier"),
    "final_periods": (
        "最后 {n} 个时段合并（均未参与训练；括号内为95%区间）",
        "Last {n} periods pooled, none of them learnt from (95% interval in brackets)",
    ),
    "verdict": ("结论", "Verdict"),
    "report": ("报告", "Report"),
    "promotions": ("启用记录", "Put in force"),
    "promote": ("启用", "promoted"),
    "rollback": ("退回", "rolled back"),
    "in_force_from": ("自 {day} 起", "from {day}"),
    "by_person": ("批准人 {name}", "approved by {name}"),
    "code_moves": ("变码矩阵（行为现行，列为候选）", "Codes that would change (rows: now, columns: then)"),
    "now": ("现行", "now"),
    "difference": ("差", "difference"),
    "gate_passed": ("准入检查：通过", "Gate: passed"),
    "gate_refused": ("准入检查：未通过", "Gate: refused"),
    "gate_overridden": ("准入检查未通过，由批准人决定启用", "against the gate"),
    "ask_promote": ("以 {name} 的名义启用 {card}？", "Put {card} in force in the name of {name}?"),
    "promoted_text": (
        "{card} 自 {day} 起为现行评分卡。下次运行后生效：./riskcode run",
        "{card} is champion from {day}. Codes follow with the next run: ./riskcode run",
    ),
    "rolled_back_text": (
        "已退回 {card}。下次运行后生效：./riskcode run",
        "Rolled back to {card}. Codes follow with the next run: ./riskcode run",
    ),
}

TRACK_RECORD = vocab.CodeList(
    "track record",
    {
        "visited": ("有检查记录", "visited"),
        "records": ("仅有其他记录", "other records only"),
        "none": ("无记录", "nothing on record"),
    },
)

CATEGORIES = {
    "sector": vocab.SECTOR,
    "standardisation": vocab.STANDARDISATION,
    "credit": vocab.CREDIT,
    "track_record": TRACK_RECORD,
}
"""Factors whose datum is a category."""

COLOURS = {
    "red": "bold white on red",
    "yellow": "bold black on yellow",
    "blue": "bold white on blue",
    "green": "bold black on green",
}


class Words:
    """Texts in the reader's language."""

    def __init__(self, language: str) -> None:
        self.at = 0 if language == "zh" else 1
        self.language = "zh" if self.at == 0 else "en"

    def __call__(self, key: str, **values: object) -> str:
        """A text by its key."""
        return TEXTS[key][self.at].format(**values)

    def label(self, codes: vocab.CodeList, key: str | None) -> str:
        """Label of a stored value; what the list does not know is shown as it is."""
        return codes.labels[key][self.at] if key in codes.labels else (key or "–")

    def datum(self, factor: str, value: str | None) -> str:
        """The datum a reason rests on; categories by their label."""
        codes = CATEGORIES.get(factor)
        return self.label(codes, value) if codes else (value or "–")

    def code(self, key: str) -> str:
        """A code with its colour, for a rich console."""
        return f"[{COLOURS[key]}] {self.label(vocab.CODE, key)} [/]"

    def division(self, code: str | None) -> str:
        """District name of a GB/T 2260 code of Jinan, else the text as delivered."""
        names = vocab.JINAN_DIVISIONS.get((code or "")[:6])
        return names[self.at] if names else (code or "–")
