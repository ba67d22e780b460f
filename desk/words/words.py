"""Words the command line shows, in Chinese and English."""

from collections.abc import Mapping
from typing import Any

from desk.words.labels import BECAUSE, CATEGORIES, CHANNEL, COLOURS
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
    "output_needs_html": ("--output 用于 --html", "--output names the file of --html; give both"),
    "passport_page": (
        "说明书网页：./riskcode explain 代码 --html · 图：--picture 文件.svg",
        "as a page: ./riskcode explain ID --html · as a picture: --picture FILE.svg",
    ),
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
    "replay_same": (
        "{day}：{n} 家企业的码按当日所知重算，与当时发布的完全一致",
        "{day}: the codes of {n} enterprises, replayed as known then, are those that were issued",
    ),
    "replay_differs": (
        "{day}：{n} 家企业重算结果与当时发布的不一致",
        "{day}: the codes of {n} enterprises are not those that were issued",
    ),
    "replay_issued": ("当时发布", "issued"),
    "replay_again": ("重算", "replayed"),
    "replay_right": ("应为", "should be"),
    "replay_from": ("自", "from"),
    "replay_to": ("至", "to"),
    "replay_data": ("所依据的、后被撤销或更正的数据", "data it relied on, withdrawn or corrected since"),
    "replay_codes": ("受影响的码", "Codes that would have been others"),
    "replay_visits": ("期间的专项检查与复查", "Special visits and re-checks of that time"),
    "replay_planned": ("已排定的红码检查", "RED visits still planned"),
    "replay_penalties": ("相关处罚", "Penalties concerned"),
    "replay_none": ("没有受影响的码、检查和处罚", "No code, visit or penalty relied on it"),
    "replay_head": (
        "{id}：按 {known_at} 所知，{as_of} 的码（规则包 {pack} {version}）",
        "{id}: the code of {as_of} as known on {known_at} (rules {pack} {version})",
    ),
    "watching": ("正在监视 {folder} … (Ctrl-C 结束)", "watching {folder} … (Ctrl-C ends)"),
    "watch_ends": ("已停止监视", "watch ended"),
    "seen": (
        "{at} 收到 {rows} 行（拒收 {refused}），涉及企业 {enterprises} 家，变码 {changed} 家，{seconds} 秒",
        "{at} {rows} rows ({refused} refused), {enterprises} enterprises, {changed} codes changed, {seconds} s",
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
    "queue_left_out": (
        "--code 按企业列出；筛选检查任务请去掉 --code",
        "--code lists enterprises; leave it out to choose among visits",
    ),
    "channel": ("检查类型", "why"),
    "planned": ("计划日期", "planned"),
    "team": ("检查组", "team"),
    "no_visits": ("没有符合条件的检查任务", "No visit matches"),
    "level": ("层级", "level"),
    "authority": ("执法单位", "authority"),
    "total": ("合计", "total"),
    "plan_year": (
        "{year} 年度监督检查计划（截至 {as_of}，{month} 起剩余月份，单位：人日）",
        "Annual plan {year} as of {as_of}: months left from {month}, in person-days",
    ),
    "people": ("人员", "people"),
    "total_days": ("总工作日", "total"),
    "other_days": ("其他执法", "other enf."),
    "non_enforcement_days": ("非执法", "no enf."),
    "inspection_days": ("监督检查", "inspection"),
    "annual_full_days": ("全覆盖", "coverage"),
    "random_days": ("双随机", "draws"),
    "other_planned_days": ("其他计划", "others"),
    "short_days": ("缺口", "short"),
    "year_formula": (
        "监督检查 = 总工作日 - 其他执法 - 非执法（150号）；缺口按可组成的检查组计算",
        "inspection = total - other enforcement - no enforcement (150号); short is reckoned in whole crews",
    ),
    "year_floors": ("底线指标（企业数）", "Floors (enterprises)"),
    "floor_annual_full": ("高危全覆盖（P2）", "high-hazard coverage (P2)"),
    "floor_random": ("一般企业抽查30%（P3）", "30 % draw (P3)"),
    "base": ("基数", "base"),
    "required": ("应检", "required"),
    "done": ("已完成", "done"),
    "planned_n": ("已列入", "planned"),
    "short": ("缺口", "short"),
    "year_draws": ("双随机抽取", "Draws"),
    "draws_of": ("{draws} 次，抽中 {drawn} / {frame}", "draws: {draws}, drawn {drawn} of {frame}"),
    "verify_draws": (
        "核验：./riskcode draw list · ./riskcode draw show 编号 --output 文件 · ./riskcode draw verify 文件",
        "verify: ./riskcode draw list · ./riskcode draw show ID --output FILE · ./riskcode draw verify FILE",
    ),
    "year_short": ("达不到的要求", "What cannot be reached"),
    "plan_month": (
        "检查计划 {first} 至 {last}（截至 {as_of}）",
        "Plan from {first} to {last}, made as of {as_of}",
    ),
    "month_visits": ("检查任务", "Visits"),
    "month_load": (
        "工作量与可用人日（每周；蓝：已计划，灰：空余，红：无法安排）",
        "Load against capacity by week (blue: planned, grey: free, red: not possible)",
    ),
    "week": ("周（起）", "week of"),
    "load_days": ("计划", "planned"),
    "person_days": ("可用", "available"),
    "used": ("占用", "used"),
    "certificate": ("未满足要求清单", "What the rules ask for and the plan does not do"),
    "all_kept": ("所有规则均满足", "Every rule is kept"),
    "visits": ("任务", "visits"),
    "days": ("人日", "days"),
    "first_names": ("例", "first"),
    "gave_way": ("{rule}：让位于 {ways}", "{rule}: gave way to {ways}"),
    "authorities": ("{n} 个执法单位", "{n} authorities"),
    "month_changes": ("与上一计划相比", "Since the plan before"),
    "first_plan": ("首个计划：{n} 项任务均为新列", "First plan: all {n} visits are new"),
    "no_changes": ("无变化", "nothing changed"),
    "month_list": ("{month} 公布名单：{n} 家", "List to be published for {month}: {n} enterprises"),
    "month_list_note": (
        "名单不含日期、人员与理由，也不含计划外检查（P5）",
        "The list names no days, officers or reasons, and no visit outside the plan (P5)",
    ),
    "month_next": (
        "名单：./riskcode plan month --list · 图：--picture load.svg · 当日：./riskcode plan today",
        "the list: ./riskcode plan month --list · picture: --picture load.svg · a day: ./riskcode plan today",
    ),
    "month": ("月份", "month"),
    "kind": ("类别", "kind"),
    "plan_today": (
        "{day} 检查任务：{visits} 项，{teams} 组（截至 {as_of} 的计划）",
        "Visits of {day}: {visits}, teams: {teams} (plan made as of {as_of})",
    ),
    "no_visits_on": (
        "{day} 没有安排检查任务；有任务的日期：{first} 至 {last}",
        "No visits on {day}; there are some on working days from {first} to {last}",
    ),
    "stop": ("第{n}站", "stop {n}"),
    "mode": ("方式", "mode"),
    "officers": ("执法人员", "officers"),
    "filing": ("备案", "filing"),
    "file_before": ("检查前完成备案（D1）", "file before the visit (D1)"),
    "file_after": (
        "可先检查，事后1个工作日内补备案（D1）",
        "may be filed up to 1 working day after the visit (D1)",
    ),
    "borrowed": ("借调自{home}", "lent by {home}"),
    "no_checks": ("按通用要点检查", "no items listed"),
    "more_checks": ("另有 {n} 项，见 --format xlsx", "{n} more: --format xlsx"),
    "provisional_days": (
        "部分日期的节假日安排尚未公布，工作日为暂定",
        "Holidays of some days are not announced yet; working days are provisional",
    ),
    "sheet_title": ("安全生产检查任务单", "Inspection sheet"),
    "item": ("检查事项", "item"),
    "look": ("怎么查", "how to look"),
    "why": ("依据", "why"),
    "found_yes_no": ("有/无问题", "found: yes / no"),
    "boxes": ("□ 有  □ 无", "□ yes  □ no"),
    "notes": ("情况记录", "notes"),
    "result": ("检查结果", "result"),
    "result_boxes": (
        "□ 未发现问题  □ 当场整改  □ 责令限期整改（期限：        ）  □ 立案  □ 移送  □ 重大事故隐患",
        "□ nothing found  □ fixed on the spot  □ order (until:          )  □ case  □ transfer  □ major hazard",
    ),
    "signature": ("签名", "signature"),
    "signatures": (
        "执法人员：                              企业负责人：                              时间：",
        "officers:                              enterprise:                              time:",
    ),
    "page": ("第 &P 页 共 &N 页", "page &P of &N"),
    "picture_title": ("检查工作量与可用人日", "Inspection load against capacity"),
    "picture_load": ("计划工作量", "planned"),
    "picture_capacity": ("可用人日", "available"),
    "picture_short": ("无法安排", "asked for, not possible"),
    "picture_short_text": ("缺 {days} 人日", "{days} person-days short"),
    "picture_y": ("人日", "person-days"),
    "run_plan": (
        "检查计划 {first} 至 {last}：已安排 {scheduled} 项，无法安排 {short} 项",
        "Plan from {first} to {last}: {scheduled} visits scheduled, {short} not possible",
    ),
    "run_plan_overdue": ("，其中逾期补检 {n} 项", " ({n} of the scheduled make up for a missed deadline)"),
    "run_plan_rule": (
        "主要原因：{rule}（{visits} 项，{days} 人日）",
        "most binding: {rule} (visits: {visits}, person-days: {days})",
    ),
    "draw_id": ("抽取编号", "draw"),
    "frame_size": ("名册", "frame"),
    "drawn": ("抽中", "drawn"),
    "committed_on": ("承诺日期", "committed on"),
    "not_revealed": ("未揭晓", "not revealed"),
    "no_draws": ("没有抽取记录", "No draw matches"),
    # Objections and overrides.
    "objection": ("异议", "objection"),
    "no_objections": ("没有符合条件的异议", "No objection matches"),
    "contested_thing": ("异议事项", "contested"),
    "the_code": ("所赋之码", "the code itself"),
    "grounds": ("理由", "grounds"),
    "filed": ("提出", "filed"),
    "filed_short": ("提出日期", "filed"),
    "file_by": ("最迟 {day}", "could be filed until {day}"),
    "late_reason": ("逾期理由", "why late"),
    "new_evidence": ("新证据", "new evidence"),
    "hangs": ("若成立", "if upheld"),
    "decisive": (
        "影响赋码：短时限，须由他人决定",
        "the code hangs on it: short clock, another person decides",
    ),
    "not_decisive": ("不影响赋码", "the code does not hang on it"),
    "decide_by": ("决定期限", "decide by"),
    "objection_overdue": ("逾期未决", "overdue"),
    "decided": ("决定", "decided"),
    "in_time": ("按期", "in time"),
    "too_late": ("逾期作出", "after the clock"),
    "decision_reasons": ("决定理由", "reasons"),
    "changed_to": ("更改", "changed"),
    "code_now": ("现码", "code now"),
    "contested": ("异议中", "contested"),
    "contested_until": ("异议中，{day} 前决定", "contested; to be decided by {day}"),
    "contested_overdue": ("异议逾期未决（{day}）", "contested; overdue since {day}"),
    "override": ("人工定码", "override"),
    "no_overrides": ("没有人工定码", "No override"),
    "from_until": ("起止", "from – until"),
    "by": ("定码人", "by"),
    "ended": ("{day} 起终止", "ended from {day}"),
    "was_right": ("事后评价", "was it right?"),
    "policy_title": (
        "{old} → {new} · 赋码日期 {day} · {n} 家企业",
        "{old} → {new} · as of {day} · {n} enterprises",
    ),
    "policy_moments": (
        "当日：如当日启用将发布的码（变差立即生效，变好须过观察期）· 仅看事实：当日事实按各规则包应得的码 · "
        "{later}：若无新情况，届时的码",
        "issued: the codes if the new pack took effect that day (worse at once, better after the wait) · by facts: "
        "what each pack says of that day's facts alone · {later}: the codes then if nothing new is learnt",
    ),
    "policy_card": (
        "现行评分卡 {card} 的分值与界线代替两个规则包的分值与界线；差别只来自其余规则",
        "Card {card} is in force: its points and cut-offs stand in for those of both packs; only other rules differ",
    ),
    "moment_issued": ("当日", "issued"),
    "moment_facts": ("仅看事实", "by facts"),
    "policy_matrix": (
        "变码矩阵，{moment}（行为旧，列为新）：{moved} 家不同",
        "Codes, {moment} (rows: old, columns: new): {moved} differ",
    ),
    "policy_groups": ("分组：当日变差/变好，红码数", "Groups: worse and better on the day, RED"),
    "group": ("分组", "group"),
    "worse": ("变差", "worse"),
    "better": ("变好", "better"),
    "policy_same_groups": ("各组均无变化", "No group changes"),
    "by_division": ("区划", "district"),
    "by_sector": ("行业", "sector"),
    "by_size": ("规模", "size"),
    "policy_work": (
        "工作量（已完成的抽取不重抽）",
        "Workload (draws already made stay as they are)",
    ),
    "policy_no_work": (
        "该日早于最近的检查计划，不重新计划，无工作量比较",
        "The day lies before the plan, which is not made again for the past: no workload",
    ),
    "scheduled_n": ("已安排", "scheduled"),
    "policy_month": (
        "{month}：已排 {load} 人日，可用 {capacity}；年度预算缺口 {short}",
        "{month}: person-days planned {load}, available {capacity}; short of the annual budget {short}",
    ),
    "policy_short": ("未满足要求", "What the rules ask for and the plan does not do"),
    "cap_over": ("超过年度频次上限的企业", "enterprises over the annual cap"),
    "cap_reached": ("已达年度频次上限的企业", "enterprises that reached the annual cap"),
    "cap_waived": ("因上限免检的企业", "enterprises not visited because of the cap"),
    "policy_firms": (
        "受影响最大的企业（{n} / 有差异的 {all} 家）",
        "Enterprises most affected ({n} of {all} that differ)",
    ),
    "policy_none_differ": ("没有任何企业不同", "No enterprise differs in anything"),
    "policy_next": (
        "逐家：--enterprise 编号 · 全部：--output 文件夹 · 启用：./riskcode policy activate",
        "one enterprise: --enterprise ID · all: --output FOLDER · in force: ./riskcode policy activate",
    ),
    "decided_by": ("决定因素", "decided by"),
    "old_pack": ("旧", "old"),
    "new_pack": ("新", "new"),
    "by_score": ("得分", "score"),
    "speaks": ("成立", "holds"),
    "lint_clean": ("{pack}：没有发现问题", "{pack}: nothing found"),
    "lint_found": (
        "{pack}：{errors} 个错误，{warnings} 个提示",
        "{pack}: {errors} errors, {warnings} warnings",
    ),
    "error": ("错误", "error"),
    "warning": ("提示", "warning"),
    "pack": ("规则包", "pack"),
    "effective_from": ("启用日期", "from"),
    "activated_by": ("决定人", "by"),
    "pack_active": ("现行", "active"),
    "pack_coming": ("待生效", "coming"),
    "pack_past": ("已过期", "past"),
    "pack_overruled": ("被取代，未生效", "overruled"),
    "pack_initial": ("首次赋码时自动记录", "recorded at the first coding"),
    "pack_without_diff": ("未经比较", "without a comparison"),
    "pack_moved": ("比较时当日变码 {n} 家", "{n} codes changed in the comparison"),
    "files_same": ("与现行一致", "as in force"),
    "files_differ": ("与现行不同", "differs from what is in force"),
    "files_stored": ("曾启用", "activated before"),
    "policy_packaged": ("随附规则包（文件）", "Packs at hand (files)"),
    "policy_no_activations": (
        "尚未赋码；首次运行时将启用 {pack}",
        "Nothing is coded yet; the first run activates {pack}",
    ),
    "ask_activate": (
        "以 {name} 的名义自 {day} 起启用 {pack}？",
        "Put {pack} in force from {day} in the name of {name}?",
    ),
    "activated_text": (
        "{pack} 自 {day} 起生效，已登记。该日起的赋码使用：./riskcode run",
        "{pack} is in force from {day}, and recorded. Codes follow with the run of that day: ./riskcode run",
    ),
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
        return codes.labels[key][self.at] if key is not None and key in codes.labels else (key or "–")

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

    def authority(self, level: str | None, division: str | None) -> str:
        """Who inspects: the level, with its district where it has one."""
        if not division:
            return self.label(vocab.LEVEL, level)
        place = self.division(division)
        if level == "district":
            return place
        return f"{place}{'' if self.at == 0 else ' '}{self.label(vocab.LEVEL, level).removesuffix('级')}"

    def team(self, crew_id: str | None) -> str:
        """A crew by its name; a borrowed one (level/division/name) with its home, one made for a day by its first."""
        home, _, name = (crew_id or "–").rpartition("/")
        first, *others = name.split("+")
        name = f"{first} +{len(others)}" if others else name
        if not home:
            return name
        level, _, division = home.partition("/")
        return f"{name} ({self('borrowed', home=self.authority(level, division))})"

    def reason(self, key: str | None) -> str:
        """Why a visit changed or has no day."""
        return self.label(BECAUSE, key)

    def channels(self, row: Mapping[str, Any]) -> str:
        """Why a visit is made: its channels, the foremost first."""
        return ("、" if self.at == 0 else ", ").join(self.label(CHANNEL, one) for one in row["channels"])
