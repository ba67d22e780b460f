"""Untidy exports as systems of authorities write them, made anew each time: a register and its events, as files.

Nothing in them is real; firms are numbered by valid credit codes that nobody was given.
"""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from pipelines.demo.credit_codes import credit_codes

DIVISIONS = {"历下区": "370102", "市中区": "370103", "章丘区": "370114"}
FIRMS = 24
_EXCEL_ZERO = date(1899, 12, 30)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def firms(seed: int) -> list[dict[str, Any]]:
    """Firms of three districts: number, name, district, and something about each."""
    districts = [list(DIVISIONS)[at % 3] for at in range(FIRMS)]
    codes = credit_codes(np.array([DIVISIONS[one] for one in districts]), seed=seed)
    return [
        {"code": code, "name": f"济南试样{at + 1}号有限公司", "district": district, "at": at}
        for at, (code, district) in enumerate(zip(codes, districts, strict=True))
    ]


def _day(at: int) -> date:
    return date(2026, 1, 5) + timedelta(days=(at * 17) % 150)


def _cycled(words: tuple[Any, ...], at: int) -> Any:
    return words[at % len(words)]


# ---- an enforcement system: workbooks with titles, two-row headers, merged cells, totals -------------------


def enforcement(folder: Path) -> Path:
    """A register and a ledger of findings, one sheet a district, as workbooks."""
    folder.mkdir(parents=True, exist_ok=True)
    _register_book(folder / "工贸企业底册.xlsx")
    _ledger_book(folder / "执法检查问题台账_20260630.xlsx")
    return folder


def _register_book(path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["济南市工贸企业底册（截至2026年6月）"])
    heads = (
        "序号 单位名称 统一社会信用代码* 所在区县 监管行业 监管层级 职工人数（人） 重大危险源级别 标准化级别 "
        "生产状态 经度 纬度"
    )
    sheet.append([*heads.split(), "联系人", "联系电话", "更新时间"])
    sheet.merge_cells("A1:O1")
    for firm in firms(11):
        at = firm["at"]
        sheet.append(
            [
                at + 1,
                firm["name"],
                firm["code"],
                firm["district"],
                _cycled(("一般工贸", "粉尘涉爆企业", "涉氨", "冶金行业", "危化"), at),
                _cycled(("区级", "区级", "市直"), at),
                f"{20 + 13 * at}人" if at % 4 else 20 + 13 * at,
                _cycled(("无", "四级", "无", "三级"), at),
                _cycled(("三级达标", "二级", "未创建"), at),
                _cycled(("正常生产", "正常生产", "正常生产", "停产"), at),
                round(117.0 + at / 100, 5),
                round(36.6 + at / 100, 5),
                "王伟",
                f"1380531{at:04}",
                datetime(2026, 6, 1 + at % 28, 9, 30),
            ]
        )
    sheet.append([None, "填表人：李娜"])
    book.save(path)


def _ledger_book(path: Path) -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for district in DIVISIONS:
        _ledger_sheet(book.create_sheet(district), district)
    hidden = book.create_sheet("字典")
    hidden.append(["隐患级别", "代码"])
    hidden.append(["一般隐患", "1"])
    hidden.sheet_state = "hidden"
    book.save(path)


def _ledger_sheet(sheet: Worksheet, district: str) -> None:
    sheet.append([f"{district}2026年上半年执法检查问题台账"])
    sheet.append(["序号", "企业信息", None, "检查情况", None, "隐患情况", None, None, None, "行政处罚", None])
    below = [
        "企业名称",
        "统一社会信用代码",
        "检查日期",
        "检查人员",
        "隐患描述",
        "隐患级别",
        "整改期限",
        "整改完成日期",
    ]
    sheet.append([None, *below, "处罚决定日期", "罚款（万元）"])
    for block in ("A1:K1", "A2:A3", "B2:C2", "D2:E2", "F2:I2", "J2:K2"):
        sheet.merge_cells(block)
    row, total = 4, 0.0
    for firm in (one for one in firms(11) if one["district"] == district):
        findings = 1 + firm["at"] % 3
        for finding in range(findings):
            at = firm["at"] * 3 + finding
            fine = _cycled((None, 1.5, None, 0.8), at)
            total += fine or 0
            day = _day(firm["at"])
            sheet.append(
                [
                    row - 3,
                    firm["name"] if not finding else None,
                    firm["code"] if not finding else None,
                    f"{day.year}年{day.month}月{day.day}日" if firm["at"] % 2 else (day - _EXCEL_ZERO).days,
                    "王伟、赵敏",
                    _cycled(("安全出口堵塞", "除尘系统未接地", "未按规定培训", "有限空间无警示"), at)
                    + f"（{finding + 1}）",
                    _cycled(("一般隐患", "一般隐患", "重大隐患"), at),
                    (day + timedelta(days=30) - _EXCEL_ZERO).days,
                    "未整改" if at % 5 == 0 else (day + timedelta(days=20) - _EXCEL_ZERO).days,
                    (day + timedelta(days=12)).isoformat() if fine else None,
                    fine,
                ]
            )
            row += 1
        if findings > 1:
            sheet.merge_cells(f"B{row - findings}:B{row - 1}")
            sheet.merge_cells(f"C{row - findings}:C{row - 1}")
    sheet.append(["合计", None, None, None, None, None, None, None, None, None, round(total, 2)])
    sheet.append(["填表人：李娜    审核人：孙强"])


# ---- a monitoring platform: GB18030, cut by | and ;, times in words and since 1970 ------------------------


def monitoring(folder: Path) -> Path:
    """A register and alarms as text."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_lines(folder / "企业信息.csv", ";", [_platform_firm(one) for one in firms(12)])
    _write_lines(folder / "报警记录_202606.csv", "|", [_alarm(at) for at in range(60)])
    return folder


def _write_lines(path: Path, delimiter: str, rows: list[dict[str, str]]) -> None:
    lines = [delimiter.join(rows[0]), *(delimiter.join(row.values()) for row in rows)]
    path.write_bytes("\r\n".join([*lines, ""]).encode("gb18030"))


def _platform_firm(firm: dict[str, Any]) -> dict[str, str]:
    at = firm["at"]
    return {
        "企业编码": firm["code"],
        "企业全称": firm["name"],
        "行政区划代码": DIVISIONS[firm["district"]],
        "行业类别": "化学原料和化学制品制造业",
        "监管领域": _cycled(("危险化学品生产", "危险化学品经营", "一般行业"), at),
        "管辖级别": _cycled(("县（区）级", "市本级"), at),
        "从业人员": str(30 + 7 * at),
        "危险源等级": _cycled(("一级", "不构成", "二级"), at),
        "重点监管危险化工工艺数": _cycled(("0", "2", "无"), at),
        "企业状态": _cycled(("在产", "在产", "季节性停产"), at),
        "安全员手机": f"1396410{at:04}",
        "录入日期": _day(at).strftime("%Y%m%d"),
    }


def _alarm(at: int) -> dict[str, str]:
    firm = firms(12)[at * 5 % FIRMS]
    raised = datetime.combine(_day(at), datetime.min.time()) + timedelta(hours=at % 24, minutes=at)
    half = "上午" if raised.hour < 12 else "下午"
    answered, over = raised + timedelta(minutes=20 + at), raised + timedelta(hours=3)
    return {
        "报警流水号": f"BJ2026{at:06}",
        "企业编码": firm["code"],
        "企业名称": firm["name"],
        "系统来源": "危化品监测预警系统",
        "报警类型": _cycled(("浓度超限", "设备掉线", "液位超限", "视频巡查"), at),
        "报警等级": _cycled(("四级", "三级", "三级", "二级", "一级"), at),
        "报警时间": f"{raised:%Y/%m/%d} {half}{(raised.hour - 1) % 12 + 1}:{raised:%M:%S}",
        "确认时间": _since_1970(answered) if at % 6 else "",
        "消警时间": _since_1970(over) if at % 4 else "",
        "是否误报": _cycled(("否", "否", "否", "是"), at),
        "报警内容": f"储罐V-{at % 7 + 1}测点{at % 3 + 1}",
        "值班电话": f"0531-8{at:07}",
    }


def _since_1970(local: datetime) -> str:
    milliseconds = (local.replace(tzinfo=UTC) - timedelta(hours=8) - _EPOCH) / timedelta(milliseconds=1)
    return str(int(milliseconds))


# ---- a platform of the Internet + Supervision: JSON in wrappers, keys in pinyin and camel case --------------


def supervision(folder: Path) -> Path:
    """A register in pinyin initials and visits in camel case, each within what an interface answers."""
    folder.mkdir(parents=True, exist_ok=True)
    register = [_pinyin_firm(one) for one in firms(13)]
    visits = [_visit(at) for at in range(50)]
    _write_answer(
        folder / "qyjbxx.json", {"code": 200, "msg": "ok", "result": {"total": FIRMS, "records": register}}
    )
    _write_answer(folder / "xzjc_20260630.json", {"success": True, "data": {"pageNum": 1, "list": visits}})
    return folder


def _write_answer(path: Path, answer: dict[str, Any]) -> None:
    path.write_text(json.dumps(answer, ensure_ascii=False, indent=1), encoding="utf-8")


def _pinyin_firm(firm: dict[str, Any]) -> dict[str, Any]:
    at = firm["at"]
    return {
        "tyshxydm": firm["code"],
        "qymc": firm["name"],
        "hymc": "机械制造",
        "jglb": _cycled(("一般工贸", "粉尘涉爆", "其它"), at),
        "xzqh": DIVISIONS[firm["district"]],
        "jgcj": _cycled(("区级", "镇级", "市局"), at),
        "cyrs": 15 + 11 * at,
        "bzhdj": _cycled(("3", "2", None), at),
        "jyzt": _cycled(("存续（在营、开业、在册）", "存续", "停业"), at),
        "lxdh": f"1377777{at:04}",
        "gxsj": int(_since_1970(datetime.combine(_day(at), datetime.min.time()))) // 1000,
    }


def _visit(at: int) -> dict[str, Any]:
    firm, day = firms(13)[at * 7 % FIRMS], _day(at)
    return {
        "checkId": f"JC{at:05}",
        "creditCode": firm["code"],
        "entName": firm["name"],
        "checkDate": day.strftime("%Y%m%d"),
        "checkType": _cycled(("双随机、一公开", "专项执法检查", "日常巡查", "整改复查"), at),
        "checkMode": _cycled(("现场检查", "现场检查", "非现场监管"), at),
        "checkResult": _cycled(("未发现问题", "发现问题已责令改正", "未发现违法行为", "存在重大隐患"), at),
        "checkDept": f"{firm['district']}应急管理局",
        "inspectors": "王伟;赵敏",
        "orgLevel": "区县级",
        "isDeleted": False,
        "updateTime": f"{day + timedelta(days=2)} 08:15:00",
    }


EXPORTS: dict[str, Callable[[Path], Path]] = {
    "enforcement": enforcement,
    "monitoring": monitoring,
    "supervision": supervision,
}
"""Exports by the kind of system they come from; each writes its files into a folder."""
