"""Check items of the demo city: code, text, and how grave a finding of the item tends to be."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    """One check item.  ``gravity`` shifts the severity of a finding; 0 is the average item."""

    code: str
    text: str
    gravity: float

    @property
    def group(self) -> str:
        """Prefix of the code; a trade names the group that belongs to it."""
        return self.code.partition("-")[0]


ITEMS: tuple[Item, ...] = (
    Item("GEN-01", "未建立健全全员安全生产责任制", 0.1),
    Item("GEN-02", "未如实记录安全生产教育和培训情况", -0.3),
    Item("GEN-03", "新上岗人员未经三级安全教育即上岗作业", 0.2),
    Item("GEN-04", "特种作业人员未取得相应资格上岗作业", 0.7),
    Item("GEN-05", "未如实记录事故隐患排查治理情况", -0.2),
    Item("GEN-06", "未将隐患排查治理情况向从业人员通报", -0.5),
    Item("GEN-07", "未按规定制定生产安全事故应急救援预案", 0.0),
    Item("GEN-08", "未定期组织应急救援预案演练", -0.3),
    Item("GEN-09", "较大危险因素场所未设置明显的安全警示标志", -0.4),
    Item("GEN-10", "未为从业人员提供合格的劳动防护用品", 0.0),
    Item("GEN-11", "机械传动部位缺少防护罩", 0.1),
    Item("GEN-12", "安全出口堵塞或疏散通道不畅通", 0.3),
    Item("GEN-13", "有限空间作业未履行审批手续", 0.9),
    Item("GEN-14", "有限空间未辨识建档、未设置警示标志", 0.3),
    Item("GEN-15", "动火作业未安排专人现场监护", 0.7),
    Item("GEN-16", "未与承包承租单位签订安全生产管理协议", 0.0),
    Item("GEN-17", "主要负责人未按规定履行安全生产职责", 0.5),
    Item("GEN-18", "安全设备未进行经常性维护保养和定期检测", 0.2),
    Item("GEN-19", "班前会安全交底记录不完整", -0.8),
    Item("GEN-20", "作业现场物料堆放混乱", -0.7),
    Item("FIRE-01", "灭火器压力不足或超期未检", -0.6),
    Item("FIRE-02", "消防栓被遮挡或水压不足", -0.3),
    Item("FIRE-03", "火灾自动报警系统故障未及时修复", 0.4),
    Item("FIRE-04", "违规使用易燃可燃夹芯彩钢板搭建", 0.6),
    Item("FIRE-05", "应急照明和疏散指示标志损坏", -0.6),
    Item("FIRE-06", "电动自行车在室内停放充电", 0.0),
    Item("ELEC-01", "配电箱未接地或未设漏电保护", 0.1),
    Item("ELEC-02", "临时用电线路私拉乱接", 0.2),
    Item("ELEC-03", "配电箱前堆放杂物", -0.7),
    Item("ELEC-04", "电缆绝缘层破损", 0.0),
    Item("CHEM-01", "涉及重点监管危险化工工艺的装置未实现自动化控制", 1.5),
    Item("CHEM-02", "可燃有毒气体检测报警装置未正常投用", 1.0),
    Item("CHEM-03", "危险化学品超量、超品种储存", 1.1),
    Item("CHEM-04", "相互禁配物质混放混存", 1.2),
    Item("CHEM-05", "重大危险源安全监测监控系统失效", 1.4),
    Item("CHEM-06", "特殊作业票证填写不规范", -0.2),
    Item("CHEM-07", "储罐区防火堤存在孔洞", 0.6),
    Item("CHEM-08", "安全阀、压力表未定期校验", 0.2),
    Item("CHEM-09", "加油站卸油口静电接地装置失效", 0.6),
    Item("MINE-01", "露天矿山未按设计自上而下分台阶开采", 1.4),
    Item("MINE-02", "边坡监测系统未正常运行", 1.0),
    Item("MINE-03", "地下矿山安全出口不符合要求", 1.4),
    Item("MINE-04", "尾矿库干滩长度小于设计值", 1.5),
    Item("MINE-71", "露天矿山运输车辆制动不灵或者未按规定检验", 0.4),
    Item("FW-01", "烟花爆竹仓库超量储存", 1.3),
    Item("FW-02", "烟花爆竹零售点与居住场所设置在同一建筑内", 1.2),
    Item("FW-03", "库房温湿度记录不全", -0.5),
    Item("FW-04", "购销流向登记信息不完整", -0.2),
    Item("SMELT-01", "高温熔融金属吊运起重机不符合冶金铸造要求", 1.5),
    Item("SMELT-02", "会议室、休息室设置在熔融金属吊运影响范围内", 1.3),
    Item("SMELT-03", "煤气区域未设固定式一氧化碳报警装置", 1.2),
    Item("SMELT-04", "炉体冷却水系统未设置进出水温度流量监测联锁", 1.1),
    Item("SMELT-05", "钢水包耳轴未定期探伤检测", 0.8),
    Item("DUST-01", "除尘系统未采取泄爆、隔爆、惰化等控爆措施", 1.4),
    Item("DUST-02", "不同类别可燃性粉尘共用一套除尘系统", 1.2),
    Item("DUST-03", "未按规定及时清理作业现场积尘", 0.7),
    Item("DUST-04", "粉尘爆炸危险场所未使用防爆电气设备", 1.1),
    Item("DUST-05", "除尘器未规范设置锁气卸灰装置", 0.5),
    Item("NH3-01", "包装间等人员密集场所采用氨直接蒸发制冷", 1.5),
    Item("NH3-02", "快速冻结装置未设置在单独作业间内", 1.3),
    Item("NH3-03", "氨气浓度报警装置未与事故风机联锁", 0.9),
    Item("NH3-04", "氨制冷机房防护用品配备不足", 0.3),
    Item("CONS-01", "临边洞口防护缺失", 0.5),
    Item("CONS-02", "脚手架搭设不符合专项方案", 0.6),
    Item("CONS-03", "高处作业人员未系安全带", 0.4),
)

EVERYWHERE: tuple[str, ...] = ("GEN", "FIRE", "ELEC")
"""Groups any enterprise can be found at fault with."""

PLACES: tuple[str, ...] = (
    "一号车间",
    "二号车间",
    "原料库",
    "成品库",
    "配电室",
    "办公楼一层",
    "厂区东侧",
    "装卸区",
    "维修间",
    "门店后场",
)
"""Where in the premises a finding was made; ends the description."""
