"""Words of the report, in Chinese and English."""

from collections.abc import Mapping
from datetime import date, timedelta

from models import vocabulary as vocab
from models.learning.measures import CAPACITY
from models.policy import Words

TEXTS: dict[str, tuple[str, str]] = {
    # ---- page one ----
    "report": ("积分卡评估报告", "Model report"),
    "question": ("能否预测：{label}？", "Can it be foretold: {label}?"),
    "kicker": (
        "用于赋码日 {day} · 数据截至 {known} · 卡号 {card}",
        "fitted for {day} · data as known on {known} · card {card}",
    ),
    "hit_line": ("“命中”：{meaning}。", "A “hit”: {meaning}."),
    "best_black_box": ("最好的黑箱模型", "best black box"),
    "verdict": ("结论", "Verdict"),
    "fitted_for": ("用于赋码日", "Fitted for"),
    "learnt_on": ("学习数据", "Learnt on"),
    "learnt_on_value": (
        "{first} 至 {last} 各赋码日，{firms} 家企业、{rows} 行，其中命中 {hits} 行",
        "as-of days {first} to {last}: {firms} enterprises, {rows} rows, {hits} of them hits",
    ),
    "tried_on": ("检验数据", "Tried on"),
    "tried_value": (
        "学习时未见过的赋码日 {days}：结果已知 {labelled} 行，其中命中 {hits} 行",
        "days it had not seen, {days}: {labelled} rows with a known outcome, {hits} of them hits",
    ),
    "known_at": ("数据截至", "Data as known on"),
    "big_precision_visits": (
        "名单前列每检查 100 次，命中这么多次（取名单最前的 {top}）",
        "of 100 visits to the top of the list are hits (first {top} of the list)",
    ),
    "big_precision_firms": (
        "名单前列每 100 家企业，有这么多家命中（取名单最前的 {top}）",
        "of 100 enterprises at the top of the list are hits (first {top} of the list)",
    ),
    "big_recall": (
        "的命中落在名单最前的 {top} 之内",
        "of all hits are found by visiting the first {top} of the list",
    ),
    "big_auc": (
        "任取一家命中、一家未命中的企业，100 对中排对先后的对数（AUC）",
        "of 100 pairs of a hit and a non-hit are put in the right order (AUC; a coin gets 50)",
    ),
    "big_chicago_days_earlier": (
        "天：每日检查次数不变，只改先后顺序，平均提前发现的天数",
        "days earlier a hit is met on average, with as many visits a day, only in another order",
    ),
    "big_lift": (
        "名单最前 {top} 的命中率相当于随机检查的倍数",
        "as many hits in the first {top} of the list as visiting at random would give",
    ),
    "ninety_five": ("95% 区间 {interval}", "95% interval {interval}"),
    "chance": ("随机检查", "visiting at random"),
    "found_title": ("检查到名单的哪里，能找到多少", "How much is found, how far down the list"),
    "found_note": (
        "只画最近一个检验日；上面的数字是最后几个检验日的平均。圆点：查到名单的 {top} 时；右侧数字：查到一半时。",
        "The last test day alone; the numbers above are means of the final test days. Dots: after {top} "
        "of the list; figures on the right: after half of it.",
    ),
    "black_box_is": ("最好的黑箱模型：{title}。", "Best black box: {title}."),
    "share_visited": ("已检查占比（按名单顺序）", "share of the list visited, riskiest first"),
    "share_found": ("已找到的命中", "share of all hits found"),
    "empty_curve": (
        "没有可画的曲线：检验日尚无已知结果。",
        "No curve to draw: no outcome is known on the test day.",
    ),
    "errs_title": ("对谁看走眼", "For whom it errs"),
    "worst_above": (
        "最近一个检验日：只查名单最前的 {top}，平均有 {average} 的命中在此之外。下列各组漏得最多，"
        "其中 {n} 组明显高于平均（红字：整个区间都在平均以上）。",
        "On the last test day {average} of all hits lie beyond the first {top} of the list. These "
        "groups are missed most; in red: clearly more than average (the whole interval lies above it, {n}"
        " of the groups shown).",
    ),
    "worst_alike": (
        "最近一个检验日：只查名单最前的 {top}，平均有 {average} 的命中在此之外。没有哪一组明显高于平均，最高的几组是：",
        "On the last test day {average} of all hits lie beyond the first {top} of the list. No group "
        "is clearly missed more than that; the highest are:",
    ),
    "empty_worst": (
        "没有哪一组有 {least} 个以上命中，还看不出对谁看走眼。",
        "No group has {least} hits or more, so it cannot be said yet for whom the card errs.",
    ),
    "leak_title": ("绿码漏了多少", "What GREEN lets through"),
    "leak": (
        "绿码企业仍占全部命中的 {share}（绿码占结果已知企业的 {firms}）；绿码企业的命中率为 {rate}（95% "
        "区间 {low} … {high}）。绿码不等于没有风险。",
        "GREEN firms still hold {share} of all hits. They are {firms} of the firms with a known outcome, "
        "and {rate} of them are hits (95% interval {low} … {high}). GREEN does not mean safe.",
    ),
    "empty_leak": (
        "还没有结果已知的绿码企业，漏检比例未知。",
        "No GREEN firm has a known outcome yet, so what GREEN lets through is unknown.",
    ),
    # ---- contest ----
    "contest_title": ("参评方法对比", "The contest"),
    "contest_lead": (
        "所有方法都只用当时能知道的数据，在没见过的日子上排同一批企业。下表为最后几个检验日的平均，小字为"
        "95%区间（按企业重抽样），粗体为每列最好。",
        "Every method ranks the same enterprises on days it never saw, from what could be known then. "
        "Means of the final test days; small print: 95% intervals (enterprises drawn anew); bold: best "
        "of the column.",
    ),
    "whole_list": ("整张名单", "The whole list"),
    "top_of_list": ("名单最前的 {top}", "The first {top} of the list"),
    "difference_title": ("积分卡与其他方法之差", "The card less each other method"),
    "difference_note": (
        "配对重抽样。绿字：积分卡明显更好；红字：明显更差；其余看不出差别。Brier分与对数损失越小越好。",
        "Paired resamples. Green with ▲: the card is clearly better; red with ▼: clearly worse; "
        "otherwise no clear difference. Of Brier score and log-loss less is better.",
    ),
    "in_points": ("{metric}（百分点）", "{metric} (percentage points)"),
    "card_less": ("积分卡减去", "card less …"),
    "contestant": ("方法", "method"),
    "how_to_read": ("各指标说明", "What the measures say"),
    "empty_metrics": (
        "没有可比的指标：最后几个检验日尚无已知结果。",
        "No measures: no outcome is known on the final test days.",
    ),
    "empty_differences": (
        "没有可比的差值：只有一种方法，或尚无已知结果。",
        "No differences: there was only one method, or no outcome is known.",
    ),
    "kind_card": ("积分卡（整数分，可逐项解释）", "cards (integer points, explained item by item)"),
    "kind_expert": ("专家积分", "expert points"),
    "kind_float": ("取整前的模型", "models before rounding"),
    "kind_black_box": ("黑箱模型（仅作对照）", "black boxes (for comparison only)"),
    "kind_baseline": ("简单规则", "simple rules"),
    "metric_auc": ("AUC", "AUC"),
    "metric_within_auc": ("同组AUC", "AUC within team"),
    "metric_average_precision": ("平均精确率", "average precision"),
    "metric_chicago_first_half": ("前半程找到", "found in first half"),
    "metric_chicago_days_earlier": ("提前天数", "days earlier"),
    "metric_chicago_share_later": ("反而推迟", "met later"),
    "metric_calibration_error": ("校准误差", "calibration error"),
    "metric_brier": ("Brier分", "Brier score"),
    "metric_log_loss": ("对数损失", "log-loss"),
    "metric_precision_worst": ("命中率（最差）", "hit rate, worst"),
    "metric_precision_expected": ("命中率（期望）", "hit rate, expected"),
    "metric_precision_best": ("命中率（最好）", "hit rate, best"),
    "metric_recall_expected": ("找到占比", "share found"),
    "metric_lift": ("提升倍数", "lift"),
    "metric_labelled_at_k": ("结果已知", "outcome known"),
    "about_auc": (
        "任取一家命中与一家未命中的企业，命中者排在前面的概率；0.5为瞎猜，1为全对。",
        "Chance that a hit is ranked above a non-hit: 0.5 is a coin, 1 is perfect.",
    ),
    "about_within_auc": (
        "只比较由同一检查组检查的企业：去掉“谁去查”的影响后剩下的本事。",
        "The same, among firms seen by the same inspection team: what is left when who inspects cannot help.",
    ),
    "about_average_precision": (
        "沿名单往下走，每遇到一个命中时的命中率的平均；瞎猜等于总体命中率。",
        "Hit rate down to each hit, averaged over the hits; guessing gives the overall rate.",
    ),
    "about_chicago_first_half": (
        "每日检查次数不变，只按分数改变顺序，前半程检查找到的命中占比（芝加哥市的做法）。",
        "Share of the hits met in the first half of the visits made, when only their order changes (City "
        "of Chicago).",
    ),
    "about_chicago_days_earlier": (
        "同上，命中平均提前多少天被发现；负数为推迟。",
        "The same: how many days earlier a hit is met on average; negative is later.",
    ),
    "about_chicago_share_later": (
        "同上，有多少命中反而比实际更晚被发现；改变顺序总有人往后排。",
        "The same: share of the hits met later than they were; every new order puts somebody back.",
    ),
    "about_calibration_error": (
        "预测概率与实际命中率平均相差多少；越小越好。",
        "Mean distance of the predicted from the observed share; less is better.",
    ),
    "about_brier": (
        "预测概率与实际结果之差的平方的平均；越小越好。",
        "Mean squared distance of the probability from what happened; less is better.",
    ),
    "about_log_loss": (
        "对把握十足却错了的预测罚得很重；越小越好。",
        "Punishes confident mistakes heavily; less is better.",
    ),
    "about_precision_worst": (
        "名单最前{top}的命中率；同分者按最不利的顺序排。",
        "Hit rate of the first {top}, firms with equal scores in the least lucky order.",
    ),
    "about_precision_expected": (
        "同上，同分者按所有顺序的平均。",
        "The same, averaged over all orders of firms with equal scores.",
    ),
    "about_precision_best": (
        "同上，同分者按最有利的顺序排。最好与最差相差大，说明分数太粗。",
        "The same in the luckiest order. Far apart, best and worst say that the scores are coarse.",
    ),
    "about_recall_expected": (
        "名单最前{top}找到的命中占全部命中之比。",
        "Share of all hits that stand in the first {top} of the list.",
    ),
    "about_lift": ("名单最前{top}的命中率是总体的几倍。", "Hit rate of the first {top} over that of all."),
    "about_labelled_at_k": (
        "名单最前{top}中结果已知的企业数；未检查的占名额但不算对错。",
        "Firms of the first {top} whose outcome is known; those not visited use up places and count as "
        "neither.",
    ),
    "as_visited": (
        "实际的检查顺序在前半程找到了 {share} 的命中，可与“前半程找到”一列比较。",
        "In the order in which the visits were really made, {share} of the hits were met in the first "
        "half: compare with “found in first half”.",
    ),
    "auc_dots": ("AUC及其95%区间", "AUC with its 95% interval"),
    # ---- periods ----
    "periods_title": ("每个检验日的表现", "Test day by test day"),
    "periods_lead": (
        "每个检验日都重新拟合。一条线忽高忽低多半是当日命中数少；要看的是谁经常在上面。",
        "Every method is fitted anew for each test day. Single days swing because hits are few; what "
        "matters is who is usually above. Faint lines: the other methods.",
    ),
    "empty_by_day": ("没有分检验日的结果。", "There are no results by test day."),
    # ---- calibration ----
    "calibration_title": ("说的概率准不准", "Can the probabilities be believed"),
    "calibration_lead": (
        "把企业按积分卡给出的概率分组，与实际命中率比较；点在虚线上为准，在上方为低估，在下方为高估。竖线"
        "为95%区间。",
        "Enterprises grouped by the probability the card gives, against the share that were hits. On the "
        "dashed line the card is right, above it too low, below it too high. Bars: 95% intervals.",
    ),
    "predicted": ("预测概率", "predicted probability"),
    "observed": ("实际命中率", "observed share of hits"),
    "off_by": ("相差", "off by"),
    "ideal": ("完全准确", "perfect"),
    "empty_calibration": (
        "没有可比的概率：检验日尚无已知结果。",
        "No probabilities to compare: no outcome is known on the test days.",
    ),
    # ---- the card ----
    "card_title": ("一页积分卡", "The card on one page"),
    "card_lead": (
        "各项得分相加即为总分，没有别的东西。条形长度为该项分值。",
        "The points of all factors add up to the score; there is nothing else in it. Bars show the points.",
    ),
    "not_on_record": ("未知", "not on record"),
    "direction_up": ("数值越大，分数不降", "more never lowers the score"),
    "direction_down": ("数值越大，分数不升", "more never raises the score"),
    "cut_offs": ("从分到码", "From points to codes"),
    "probability_by_points": ("从分到概率", "From points to probability"),
    "probability_lead": (
        "分数越高概率不降。阴影为95%区间；底色为四种码的分数范围。文字措辞与总体命中率 {rate} 比较。",
        "More points never mean less. Shaded: 95% interval; background: the ranges of the four codes. "
        "The wording compares with the overall rate of {rate}.",
    ),
    "steps_title": ("各分数段的概率", "Probability of each range of points"),
    "code": ("码", "code"),
    "points": ("分数", "points"),
    "any_points": ("任何分数", "any"),
    "at_least_points": ("该档最低分的概率", "probability at the lowest points"),
    "in_words": ("措辞", "in words"),
    "probability": ("概率（95%区间）", "probability (95% interval)"),
    # ---- rounding ----
    "rounding_title": ("取整的代价", "What rounding costs"),
    "rounding_lead": (
        "把模型变成少数几档整数分，会损失多少？虚线为取整前的模型；横轴为卡上要读的数字个数。",
        "What is lost by turning the model into a few bins with whole points? Dashed: the model before "
        "rounding; across: how many numbers a person has to read.",
    ),
    "unrounded": ("取整前", "not rounded"),
    "a_point": ("每分{weight}", "{weight} a point"),
    "logit_per_point": ("每分的对数几率", "log-odds a point"),
    "max_bins": ("档数上限", "bins allowed"),
    "factors": ("因素数", "factors"),
    "bins": ("档数", "bins"),
    "empty_tradeoff": ("没有试过其他取整方式。", "No other ways of rounding were tried."),
    # ---- codes ----
    "codes_title": ("四种码各找到什么", "What each code holds"),
    "codes_lead": (
        "左：所有结果已知的企业，包含有针对性的检查，所以偏高。右：只看双随机抽查，没有挑选，可代表全部可"
        "抽企业。",
        "First all firms with a known outcome, targeted visits included, which go where trouble is "
        "expected. Then random draws alone, which nobody chose and which speak for all firms that could "
        "be drawn.",
    ),
    "all_known": ("全部已知结果", "All known outcomes"),
    "random_draws": ("只看随机抽查", "Random draws alone"),
    "labelled": ("结果已知", "outcome known"),
    "hits": ("命中", "hits"),
    "hit_rate": ("命中率（95%区间）", "hit rate (95% interval)"),
    "share_of_hits": ("占全部命中", "share of all hits"),
    "drawn_visits": ("抽查次数", "random visits"),
    "empty_drawn": (
        "数据中没有随机抽查（双随机）的检查，因此得不到不受挑选影响的命中率；左表偏向被重点检查的企业。",
        "The data hold no random draws, so there are no rates free of selection; the table of all known "
        "outcomes leans towards the firms that were picked for a visit.",
    ),
    # ---- parity ----
    "parity_title": ("各区划、行业、规模是否一视同仁", "Districts, sectors and sizes"),
    "parity_lead": (
        "最近一个检验日，名单最前的 {top} 算被标记：各组被标记的比例（小字：为总体的几倍）、标记的命中率、"
        "漏掉多少。命中少于 {least} 个的组，漏检率很不确定。",
        "Last test day; the first {top} of the list counts as flagged: how often that meets a group "
        "(small print: times the share of all), how often rightly, and how many hits it misses. Below "
        "{least} hits a miss rate says little.",
    ),
    "group": ("组", "group"),
    "average": ("平均（灰线）", "average (grey line)"),
    "firms": ("企业数", "firms"),
    "flagged_share": ("被标记", "flagged"),
    "flagged_right": ("标记命中", "flagged and hit"),
    "miss_rate": ("命中中漏掉的", "hits missed"),
    "false_alarms": ("误报", "false alarms"),
    "group_division": ("区划", "district"),
    "group_sector": ("行业", "sector"),
    "group_size": ("规模", "size"),
    "unknown_group": ("未知", "unknown"),
    "empty_parity": (
        "没有可比的组：区划、行业与规模均未知，或尚无已知结果。",
        "No groups to compare: district, sector and size are unknown, or no outcome is known.",
    ),
    # ---- stability ----
    "stability_title": ("重新拟合后是否稳定", "Does it hold still when fitted anew"),
    "stability_lead": (
        "同一批企业，先后两张卡：码不变、跳两档以上的比例，以及两份名单最前部分的重合程度（交集除以并集）。",
        "The same enterprises under two successive cards: how many keep their code, how many jump two "
        "bands or more, and how far the heads of the two lists agree (in both over in either).",
    ),
    "refit": ("前后两次", "from → to"),
    "unchanged": ("码不变", "same code"),
    "two_bands": ("跳两档以上", "two bands or more"),
    "jaccard": ("名单前列重合", "same head of the list"),
    "empty_stability": (
        "只有一个检验日，无从比较。",
        "There is only one test day, so nothing to compare.",
    ),
    # ---- warnings ----
    "warnings_title": ("可能的陷阱", "Traps that were looked for"),
    "feedback_title": ("反馈循环", "Feedback loop"),
    "feedback_alarm": (
        "警示：在同行业、同规模的企业中，过去每多检查一次，分数排名平均上升 {slope} 个百分点（区间下限 "
        "{low}）。可能是查得多才显得坏；也可能是检查本来就去了该去的地方。请先查明原因，再采用此卡。",
        "Alarm: among firms of the same sector and size, each past visit goes with a rank {slope} "
        "percentage points higher (lower end {low}). They may look worse because they are visited more, "
        "or be visited more because they are worse. Find out which before the card is used.",
    ),
    "feedback_calm": (
        "未见警示：在同行业、同规模的企业中，过去每多检查一次，分数排名平均变化 {slope} 个百分点（区间下"
        "限 {low}）。",
        "No alarm: among firms of the same sector and size, each past visit goes with a rank changed by "
        "{slope} percentage points (lower end {low}).",
    ),
    "empty_feedback": (
        "无法判断：同类企业的检查次数没有差别，或没有记录。",
        "Cannot be told: like firms do not differ in how often they were visited, or visits are not on "
        "record.",
    ),
    "suspicious_title": ("可疑特征", "Suspicious features"),
    "suspicious": (
        "以下特征单独几乎就能说出结果，多半是混进了事后才知道的信息：{features}。查明之前不要采用此卡。",
        "These features alone tell the outcome almost perfectly; most likely they know what was learnt "
        "later: {features}. Do not use the card before this is cleared up.",
    ),
    "nothing_suspicious": (
        "没有哪个特征单独就几乎能说出结果。",
        "No feature alone tells the outcome almost perfectly.",
    ),
    # ---- method ----
    "method_title": ("怎样测得", "How it was measured"),
    "method_lead": (
        "逐期向前：每个检验日只从当时结果已经齐全的赋码日学习；结果期 {horizon} 天，公布滞后 {lag} 天，所"
        "以学习与检验之间至少隔 {gap} 天。标“最终”的日子决定本报告的数字。",
        "Walk-forward: for each test day only as-of days whose outcomes were complete by then were "
        "learnt from. Outcomes are awaited {horizon} days and announced up to {lag} days later, so at "
        "least {gap} days lie between learning and trying. Days marked “final” give the numbers of this "
        "report.",
    ),
    "test_day": ("检验日", "test day"),
    "learnt_days": ("学习所用赋码日", "learnt from"),
    "cohorts": ("期数", "days learnt"),
    "train_rows": ("学习行数", "rows learnt"),
    "gap": ("间隔天数", "days between"),
    "gap_needed": ("须 ≥ {n}", "needs ≥ {n}"),
    "test_rows": ("检验行数", "rows tried"),
    "final": ("最终", "final"),
    "empty_periods": (
        "没有检验日：完整的结果太少。",
        "No test days: there are too few complete outcomes.",
    ),
    # ---- provenance ----
    "provenance_title": ("来历", "Where the card comes from"),
    "card_id": ("卡号", "card"),
    "card_name": ("名称与版本", "name and version"),
    "fingerprint": ("分值指纹", "fingerprint of the points"),
    "family": ("模型族", "family"),
    "label_name": ("预测目标", "label"),
    "learnt_from": ("学习所用赋码日", "learnt from"),
    "learnt_value": ("{first} 至 {last}，共 {n} 期", "{first} to {last}, {n} as-of days"),
    "rows": ("行数", "rows"),
    "rows_value": (
        "{rows} 行，{firms} 家企业，命中 {hits} 行",
        "{rows} rows of {firms} enterprises, {hits} hits",
    ),
    "data_watermark": ("数据水位", "data watermark"),
    "pack": ("规则包", "policy pack"),
    "code_version": ("代码版本", "code version"),
    "label_source": ("目标出处", "source of the label"),
    "family_boosted": ("可加提升树", "additive boosting"),
    "family_logistic_bins": ("分箱逻辑回归", "logistic regression on bins"),
    # ---- limits ----
    "limits_title": ("本报告不能说明什么", "What this report does not say"),
    "limit_selection": (
        "数据给出的是“被检查时被发现”的概率 P(发现 | 检查)，不是“存在隐患”的概率。没查过的企业结果未知，"
        "不算没有问题。",
        "The data give P(found | inspected), not P(exists). Firms that were not visited are unknown, not "
        "clean.",
    ),
    "limit_target": (
        "查出重大隐患的数量不是考核指标：把它当目标，就会有人去凑数，数据也就不再可信。",
        "The number of major hazards found is no target: once it is one, it is filled, and the data stop "
        "meaning anything.",
    ),
    "limit_cut_offs": (
        "四色分界线与分值是本项目的建议，不是济南市的官方标准。",
        "Cut-offs and points are this project's proposals, not Jinan's official ones.",
    ),
    "limit_person": (
        "分数决定先去哪里看，不是处罚依据；每一分都能追到一条记录，企业可以申请更正。",
        "A score says where to look first. It is no ground for a penalty; each point leads to a record "
        "that can be corrected.",
    ),
    "limit_change": (
        "检查力度、口径或企业行为变化后，本报告的数字不再成立，须重新测量。",
        "When inspections, definitions or firms change, these numbers no longer hold and have to be "
        "measured anew.",
    ),
    # ---- groups and categories ----
    "size_micro": ("微型（< 20人）", "micro (below 20 people)"),
    "size_small": ("小型（20–299人）", "small (20–299)"),
    "size_medium": ("中型（300–999人）", "medium (300–999)"),
    "size_large": ("大型（≥ 1000人）", "large (1,000 and more)"),
    "track_visited": ("有检查记录", "visited before"),
    "track_records": ("只有其他记录", "other records only"),
    "track_none": ("无任何记录", "nothing on record"),
    "comma": ("、", ", "),
    "colon": ("：", ": "),
}

CATEGORIES = {"sector": vocab.SECTOR, "standardisation": vocab.STANDARDISATION, "credit": vocab.CREDIT}
"""Features whose values are words of a list."""


class Texts:
    """Texts in the reader's language: ``zh``, else English."""

    top = f"{CAPACITY:.0%}"
    """Part of the list that can be visited; every text may name it."""

    def __init__(self, language: str) -> None:
        self.language = "zh" if language == "zh" else "en"
        self.at = 0 if language == "zh" else 1

    def __call__(self, key: str, **values: object) -> str:
        """A text by its key."""
        return TEXTS[key][self.at].format(**{"top": self.top, **values})

    def of(self, words: Words) -> str:
        """The reader's half of a text in both languages."""
        return words.zh if self.language == "zh" else words.en

    def known(self, key: str, otherwise: str) -> str:
        """A text by its key; what there is no text for is shown as it is."""
        return self(key) if key in TEXTS else otherwise

    def kind(self, kind: str) -> str:
        """What kind of contestant."""
        return self.known(f"kind_{kind}", kind)

    def metric(self, name: str) -> str:
        """What a measure is called."""
        return self.known(f"metric_{name}", name)

    def family(self, name: str) -> str:
        """What a family of models is called, with its key."""
        return f"{self(f'family_{name}')} ({name})" if f"family_{name}" in TEXTS else name

    def code(self, key: str) -> str:
        """A code's name."""
        return self._label(vocab.CODE.labels, key)

    def day(self, value: date | int | None) -> str:
        """A day, also one counted from 1970-01-01."""
        if value is None:
            return "–"
        return (vocab.EPOCH + timedelta(days=value) if isinstance(value, int) else value).isoformat()

    def category(self, feature: str, key: str) -> str:
        """A category of a feature."""
        if feature == "track_record":
            return self.known(f"track_{key}", key)
        return self._label(CATEGORIES[feature].labels, key) if feature in CATEGORIES else key

    def group_kind(self, kind: str) -> str:
        """What firms were grouped by."""
        return self.known(f"group_{kind}", kind)

    def group(self, kind: str, key: object) -> str:
        """A group of firms by what they were grouped by."""
        name = "" if key is None else str(key)
        if name in ("", "unknown"):
            return self("unknown_group")
        if kind == "division":
            return self._label({name: vocab.JINAN_DIVISIONS.get(name[:6], (name, name))}, name)
        return self.known(f"size_{name}", name) if kind == "size" else self.category(kind, name)

    def _label(self, labels: Mapping[str, tuple[str, ...]], key: str) -> str:
        return labels[key][self.at] if key in labels else key
