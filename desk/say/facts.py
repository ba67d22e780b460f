"""Words of the passport, in Chinese and English, for people who have never seen the system."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from models import vocabulary as vocab

TEXTS: dict[str, tuple[str, str]] = {
    "passport": ("安全生产风险码说明书", "Risk code passport"),
    "as_of": ("赋码日期 {day}", "as of {day}"),
    "since": ("自 {day} 起", "since {day}"),
    "points_n": ("{n} 分", "{n} points"),
    "score": ("风险分", "risk points"),
    "score_note": ("分越高风险越大", "more points mean more risk"),
    "provisional": ("暂定", "provisional"),
    "colon": ("：", ": "),
    "list": ("、", ", "),
    "stop": ("。", "."),
    "contested": ("有异议，正在复核，期限 {day}", "contested: an objection is being decided, by {day}"),
    "contested_overdue": (
        "有异议，复核已超过期限 {day}",
        "contested: an objection was to be decided by {day} and is overdue",
    ),
    # ---- why ----
    "why": ("为什么是{code}", "Why it is {code}"),
    "because_rule": (
        "{code}，因为一条规则：{title}（{datum}）。这种情况存在一天，分数再低也不会好于{code}。",
        "{code} because of a rule: {title} ({datum}). While this holds, no score makes it better than {code}.",
    ),
    "because_score": (
        "{code}，因为风险分为 {score} 分，满 {least} 分即为{code}。主要来自：{main}。",
        "{code} because it has {score} risk points and {code} begins at {least}. Most come from: {main}.",
    ),
    "because_green": (
        "{code}，因为风险分只有 {score} 分（满 {least} 分才会变差），也没有规则要求更差的码。",
        "{code} because it has only {score} risk points (worse begins at {least}) and no rule asks for a worse code.",
    ),
    "because_unrated": (
        "{code}（暂定），因为现有记录太少，无法评级；情况不明不等于没有问题，所以不给绿码。",
        "{code} for the time being, because too little is on record to rate it. Unknown is not clean: not GREEN.",
    ),
    "because_held": (
        "仍是{code}，虽然现在的情况已够{facts}：转好要先保持一段时间（变码观察期）。",
        "Still {code}, although today's facts would give {facts}: a better code has to be kept up for some time first.",
    ),
    "because_override": (
        "{code}，由具名负责人人工定码决定{until}；按现有情况本应为{facts}。",
        "{code} by the decision of a named person{until}; the facts by themselves give {facts}.",
    ),
    "override_until": ("，至 {day} 止", ", until {day}"),
    "held_from": (
        "截至 {day} 的情况为{code}（{why}）。",
        "Until {day} the facts gave {code} ({why}).",
    ),
    "also_score": (
        "没有这条规则也是{code}：风险分 {score} 分，满 {least} 分即为{code}。",
        "It would be {code} without that rule too: it has {score} risk points and {code} begins at {least}.",
    ),
    "also_rules": ("以下规则同样要求{code}：{titles}。", "These ask for {code} too: {titles}."),
    "facts_rule": ("按现有情况为{facts}的原因：{titles}。", "The facts give {facts} because of: {titles}."),
    "waterfall": (
        "从上到下逐项相加（向左为减分），底行是总分；色带为分码界线",
        "Item by item from top to bottom (to the left: points off); the last row is the sum; colours: the codes",
    ),
    "sum": ("合计", "sum"),
    "reason": ("理由", "reason"),
    "datum": ("依据的记录", "what is on record"),
    "points": ("分值", "points"),
    "until": ("以后（如无新情况）", "later, if nothing new happens"),
    "until_short": ("以后", "later"),
    "basis": ("性质", "basis"),
    "facts_now": ("现有情况：{code}", "facts: {code}"),
    "others": ("其他 {n} 项", "{n} others"),
    "rules_title": ("直接决定颜色的规则", "Rules that set the colour by themselves"),
    "no_rules": ("没有。颜色只由分数决定。", "None. The score alone gives the colour."),
    "clears": ("怎样解除", "what ends it"),
    "ends_on": ("如无新情况，{day} 到期", "ends on {day} if nothing new happens"),
    "ends_never": ("不会自行到期", "does not end by itself"),
    "stays": ("不变", "stays"),
    "then": ("{day} 起 {points}", "{points} from {day}"),
    "gone": ("{day} 起清零", "gone on {day}"),
    # ---- what you can do ----
    "do": ("怎样改变", "What would change it"),
    "do_lead": (
        "以下方案任选其一，方案内的事项缺一不可；承诺以 {day} 办结、此后无新问题为前提，晚办一天至少晚一天。",
        "Any one option is enough; within it nothing can be left out. The promise holds if all is done on {day} and "
        "nothing new is found; a day later means at least a day later.",
    ),
    "do_only": (
        "承诺以 {day} 办结、此后无新问题为前提，晚办一天至少晚一天。",
        "The promise holds if all is done on {day} and nothing new is found; a day later means at least a day later.",
    ),
    "option": ("方案 {n}", "Option {n}"),
    "leads_to": ("{day} 起", "from {day}"),
    "shortest": ("怎样改变", "To change it"),
    "shortest_text": ("{acts}，{day} 起{code}", "{acts} → {code} from {day}"),
    "and_more": ("等 {n} 项", "and {n} more"),
    "wait": ("无需办理，等到那天即可", "Nothing needs be done; waiting is enough"),
    "unsearched": (
        "全部办结即可；是否有更少的事项也够，未能逐一核对",
        "All of these together are enough; whether fewer would do was not searched to the end",
    ),
    "no_way": (
        "眼下没有任何事项能单独或合起来让颜色很快转好；由时间决定，见“时间会带来什么”。",
        "Nothing that can be done now, alone or together, betters the code soon; time decides, see the dates below.",
    ),
    "no_way_ever": (
        "眼下可办的事项都不足以很快转好。",
        "What can be done now is not enough to better the code soon.",
    ),
    "helps": ("以下事项总有帮助：", "What helps in any case:"),
    "nothing_better": ("已是最好的颜色。", "This is the best code already."),
    "ways_unknown": (
        "本期未计算各方案。",
        "The shortest ways out were not computed for this copy.",
    ),
    "open_findings": ("未整改完成的问题", "Findings not yet rectified"),
    "due_on": ("整改期限 {day}", "due {day}"),
    "overdue": ("已逾期", "overdue"),
    "act_close_finding": ("完成整改并销号：{about}", "Rectify it and have it closed: {about}"),
    "act_file_self_report": ("报送自查自报", "File the self-inspection report"),
    "act_pass_recheck": ("申请复查并通过（未发现问题）", "Ask for a re-check and pass it (nothing found)"),
    "act_answer_alerts": ("处置并反馈所有未响应预警", "Answer every alert that is still unanswered"),
    "act_restore_monitoring": ("恢复监测设备在线", "Bring the monitoring devices back on line"),
    # ---- time ----
    "itself": ("时间会带来什么（如无新情况）", "What time will bring, if nothing new happens"),
    "if_nothing": ("如无新情况", "If nothing new happens"),
    "from_day": ("{day} 起{code}", "{code} from {day}"),
    "no_end": ("一直{code}，不会自行改变", "{code}; time alone does not change it"),
    "today": ("今天", "today"),
    "why_then": ("原因", "why"),
    "by_score": ("风险分 {score} 分", "{score} risk points"),
    "waits": (
        "{day} 起情况已好转，需再保持一段时间，颜色才跟着变",
        "facts better from {day} on; that must be kept up for some time before the code follows",
    ),
    "from_to": ("{first} 至 {last}", "{first} to {last}"),
    "from_on": ("{first} 起", "from {first}"),
    "not_coded": ("尚未赋码", "no code was issued yet"),
    "timeline": (
        "折线为每天的风险分（底色为分码界线），下方色条为显示的颜色；虚线以右是没有新情况时的预测",
        "The line is the score of each day over the bands of the codes; the strip below is the code that is shown. "
        "Right of the dashed line: what follows if nothing new happens",
    ),
    "coming": ("到时会变的分：{items}。", "Points that will come: {items}."),
    # ---- one event ----
    "near": ("再出一件事就会变红", "One event from RED"),
    "near_yes": (
        "下列任何一件发生，当天就会变成红码：",
        "Any one of these would make it RED on the same day:",
    ),
    "near_yes_short": ("任一发生即变红", "any of these makes it RED"),
    "near_no": (
        "日常的单件事情（投诉、发现问题、逾期、红色预警、无人死亡的事故）都不会使它变红。",
        "No single ordinary event (complaint, finding, overdue order, red alert, accident without a death) does.",
    ),
    "event_complaint": ("一件投诉举报", "one complaint"),
    "event_general_finding": ("检查发现一个一般问题", "one ordinary finding at an inspection"),
    "event_serious_finding": ("检查发现一个较重问题", "one serious finding at an inspection"),
    "event_overdue_order": ("一项整改超过期限", "one order not rectified in time"),
    "event_red_alert": ("一次红色预警", "one red alert of a monitoring system"),
    "event_accident": ("一起事故（即使无人死亡）", "one accident, even without a death"),
    # ---- history ----
    "history": ("颜色是怎样变化的", "How the code has changed"),
    "first_code": ("首次赋码", "first code"),
    "turned": ("{before}变{code}", "{before} to {code}"),
    "came": ("新增", "came"),
    "went": ("减少", "went"),
    "fired": ("规则生效", "rule applies"),
    "cleared": ("规则解除", "rule ended"),
    "no_causes": ("没有记录原因", "no reasons on record"),
    "part_of_day": ("（当天内）", " (part of the day)"),
    "more_rows": ("另有更早的 {n} 次", "{n} earlier changes"),
    # ---- rights ----
    "rights": ("您的权利：提出异议", "Your rights: how to object"),
    "rights_who": (
        "认为某条记录有错，或颜色不对，可以提出异议：从赋码之日或得知该记录之日起 {file} 天内。",
        "Whoever thinks that something on record is wrong, or that the code is, may object: within {file} days of "
        "the day the code was issued or the record became known.",
    ),
    "rights_clock": (
        "{decide} 天内书面答复并说明理由；若异议成立会改变颜色，则 {decisive} 个工作日内由另一名人员决定。"
        "处理期间颜色旁标注“有异议”。",
        "It is decided in writing, with reasons, within {decide} days; where upholding it would change the code, "
        "within {decisive} working days and by another person. Until then the code is marked as contested.",
    ),
    "rights_how": (
        "办法：把统一社会信用代码、有异议的那一条和理由交给监管人员，由其登记：",
        "How: give your enterprise id, the item you contest and your grounds to the officer in charge, who records it:",
    ),
    "rights_upheld": (
        "异议成立的，错误记录撤回，颜色随即重新计算。",
        "If it is upheld the wrong record is withdrawn and the code is computed anew at once.",
    ),
    # ---- basis ----
    "legal": ("依据", "Where each rule and number comes from"),
    "source": ("出处", "source"),
    "law": ("法律", "law"),
    "policy": ("政策", "policy"),
    "proposal": ("建议", "proposal"),
    "basis_note": (
        "“法律”“政策”指有法律条文或主管部门文件；“建议”是本项目的假设，可以修改。"
        "C1、P8、S5 等为所依据文件的条款编号，见本项目术语表（docs/glossary.md）。",
        "“law” and “policy” rest on an article or on a document of an authority; “proposal” is an assumption of this "
        "project and may be changed. C1, P8, S5 … are clauses of the measures this project was built for; its "
        "glossary lists them.",
    ),
    "assumption": (
        "分值与分码界线为本项目假设，非济南市官方标准。",
        "Points and cut-offs are assumptions of this project, not an official standard of Jinan.",
    ),
    "glossary": ("几个词的意思", "What some words mean"),
    "word_points": ("风险分", "Risk points"),
    "word_points_text": (
        "每项记录给一个整数分，相加即总分，分越高风险越大；负分表示做得好而减分。",
        "Everything on record gives a whole number of points; the score is their sum. More is riskier; points below "
        "zero are a credit for what was done well.",
    ),
    "word_weighted": ("加权", "Weighted"),
    "word_weighted_text": (
        "越严重、越近的记录算得越重；时间久了自动减轻，最后清零。",
        "What is grave or recent counts more; with time it counts less, and in the end nothing.",
    ),
    "word_codes": ("四种颜色", "The four codes"),
    "word_codes_text": (
        "由好到差：绿、蓝、黄、红。变差当天生效；转好要保持一段时间，一次一级。",
        "From best to worst: GREEN, BLUE, YELLOW, RED. A worse code counts at once; a better one must be kept up for "
        "some time, one step at a time.",
    ),
    "made_from": (
        "规则包 {pack} {version}（{hash}）· 数据截至 {day}",
        "rule pack {pack} {version} ({hash}) · data known up to {day}",
    ),
}

DATA: dict[str, tuple[str, str, str]] = {
    "accidents": ("{n} 起", "{n} accident", "{n} accidents"),
    "alert_points": ("加权 {n}", "weighted: {n}", "weighted: {n}"),
    "clean_streak": ("连续 {n} 次", "{n} visit", "{n} visits in a row"),
    "complaints": ("{n} 件", "{n} complaint", "{n} complaints"),
    "days_since_inspection": ("{n} 天前", "{n} day ago", "{n} days ago"),
    "employees": ("{n} 人", "{n} person", "{n} people"),
    "failed_rechecks": ("{n} 次", "{n} time", "{n} times"),
    "fatal_accident": ("{n} 起", "{n} accident", "{n} accidents"),
    "hazardous_processes": ("{n} 种", "{n} process", "{n} processes"),
    "high_hazard_without_self_report": ("无报告", "none filed", "none filed"),
    "major_accident": ("{n} 起", "{n} accident", "{n} accidents"),
    "major_hazard_source": ("{n} 级", "grade {n}", "grade {n}"),
    "major_hazards": ("{n} 项", "{n} found", "{n} found"),
    "offline_days": ("{n} 天", "{n} day", "{n} days"),
    "open_major_hazard": ("{n} 项", "{n} open", "{n} open"),
    "open_rectifications": ("{n} 项", "{n} order", "{n} orders"),
    "overdue_rectification": ("{n} 项", "{n} order past its deadline", "{n} orders past their deadline"),
    "overdue_rectifications": ("{n} 项", "{n} order", "{n} orders"),
    "recent_accident": ("{n} 天前", "{n} day ago", "{n} days ago"),
    "repeat_items": ("{n} 项", "{n} item", "{n} items"),
    "self_reports": ("上次在 {n} 天前", "last one {n} day ago", "last one {n} days ago"),
    "serious_injuries": ("{n} 人", "{n} person", "{n} people"),
    "silent_sensors": ("{n} 天", "{n} day", "{n} days"),
    "slow_alerts": ("{n} 次", "{n} alert", "{n} alerts"),
    "two_larger_accidents": ("{n} 起", "{n} accident", "{n} accidents"),
    "unanswered_alerts": ("{n} 次", "{n} alert", "{n} alerts"),
    "unchecked_major_hazard": ("{n} 项", "{n} not re-checked", "{n} not re-checked"),
    "unrated": ("近期检查 {n} 次", "{n} recent inspection", "{n} recent inspections"),
    "unsettled_findings": ("有", "there is one", "there is one"),
    "violation_points": ("加权 {n}", "weighted: {n}", "weighted: {n}"),
}
"""What is on record, by factor or rule: Chinese, English for one, English for more."""

PLAIN: dict[str, tuple[str, str]] = {
    "alert_points": (
        "监测系统的报警，越严重、越近的算得越重",
        "alerts of monitoring systems; what is grave or recent counts more",
    ),
    "days_since_inspection": (
        "多年未检查，情况不明",
        "after long without a visit the state of things is unknown",
    ),
    "employees": ("人越多，出事后果越重", "the more people, the graver an accident"),
    "repeat_items": (
        "同一检查事项在两次以上检查中都发现问题",
        "the same item of the check list was found wrong at two visits or more",
    ),
    "severity_mean": (
        "多年来平均每次检查查出问题的严重程度；检查少的向平均值靠拢",
        "how grave the findings of one visit were on average, over years; with few visits drawn towards the average",
    ),
    "violation_points": (
        "查出的问题按严重程度和时间远近加权，越严重、越近的算得越重",
        "everything that was found; what is grave or recent counts more, and less with time",
    ),
}
"""Factors in everyday words."""

ABSENT: dict[str, tuple[str, str]] = {
    "days_since_inspection": ("从未检查", "never inspected"),
    "self_reports": ("从未报送", "never filed"),
    "last_result": ("从未检查", "never inspected"),
}
"""What an empty datum means; of all others it means that nothing is on record."""

CATEGORIES = {
    "sector": vocab.SECTOR,
    "standardisation": vocab.STANDARDISATION,
    "credit": vocab.CREDIT,
}
"""Factors whose datum is a category."""

_RESULTS = {str(rank): result for result, rank in vocab.RESULT_RANK.items()}
_TEN = 10


class Texts:
    """Texts in the reader's language: ``zh``, else English."""

    def __init__(self, language: str) -> None:
        self.language = "zh" if language == "zh" else "en"
        self.at = 0 if language == "zh" else 1

    def __call__(self, key: str, **values: object) -> str:
        """A text by its key."""
        return TEXTS[key][self.at].format(**values)

    def either(self, row: Mapping[str, Any], name: str) -> str:
        """The reader's half of a text in both languages (``name_zh``, ``name_en``) of a row."""
        return row[f"{name}_{self.language}"] or ""

    def code(self, key: str) -> str:
        """A code as it stands in a sentence."""
        return vocab.CODE.labels[key][2] if self.at == 0 else vocab.CODE.en(key)

    def letter(self, key: str) -> str:
        """A code as short as can be: one character, so that it is told without its colour."""
        return vocab.CODE.labels[key][self.at][:1]

    def label(self, codes: vocab.CodeList, key: str | None) -> str:
        """Label of a stored value; what the list does not know is shown as it is."""
        return codes.labels[key][self.at] if key is not None and key in codes.labels else (key or "–")

    def plainly(self, factor: str) -> str:
        """A factor in everyday words, where its title has words of the trade."""
        return PLAIN.get(factor, ("", ""))[self.at]

    def division(self, code: str | None) -> str:
        """District name of a GB/T 2260 code of Jinan, else the text as delivered."""
        names = vocab.JINAN_DIVISIONS.get((code or "")[:6])
        return names[self.at] if names else (code or "–")

    def known(self, key: str, otherwise: str) -> str:
        """A text by its key, its blanks not yet filled; what there is no text for is shown as it is."""
        return TEXTS[key][self.at] if key in TEXTS else otherwise

    def datum(self, factor: str, value: str | None) -> str:
        """What is on record, in words."""
        if value is None:
            return ABSENT.get(factor, ("无记录", "nothing on record"))[self.at]
        if factor in ("held", "override"):
            return self("facts_now", code=self.code(value))
        if factor in CATEGORIES:
            return self.label(CATEGORIES[factor], value)
        if factor == "last_result" and value in _RESULTS:
            return self.label(vocab.INSPECTION_RESULT, _RESULTS[value])
        if factor == "refused_inspection":
            return self.label(vocab.INSPECTION_RESULT, "refused")
        if factor == "severity_mean" and value.lstrip("-").isdigit():
            mean = f"{int(value) / _TEN:.1f}"
            return f"每次 {mean}" if self.at == 0 else f"{mean} per visit"
        if factor in DATA:
            zh, one, more = DATA[factor]
            return (zh if self.at == 0 else one if value == "1" else more).format(n=value)
        return value

    def day(self, value: date | None) -> str:
        """A day."""
        return "–" if value is None else value.isoformat()
