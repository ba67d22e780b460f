"""Trades, districts and the words from which firms and people of the demo city get their names."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Trade:
    """A line of business.

    ``share`` is its part of all firms, ``hazard`` its inherent log-risk above an average shop, ``people``
    the median number employed, ``items`` the group of check items of its own.
    """

    sector: str
    industry: str
    word: str
    share: float
    hazard: float
    people: float
    items: str


TRADES: tuple[Trade, ...] = (
    Trade("non_coal_mine", "1011", "石灰石开采", 0.0020, 0.9, 60, "MINE"),
    Trade("non_coal_mine", "1012", "石材开采", 0.0012, 0.9, 35, "MINE"),
    Trade("non_coal_mine", "0810", "铁矿", 0.0008, 1.0, 220, "MINE"),
    Trade("hazardous_chemicals", "2614", "化工", 0.0050, 1.0, 90, "CHEM"),
    Trade("hazardous_chemicals", "2641", "涂料", 0.0040, 0.8, 45, "CHEM"),
    Trade("hazardous_chemicals", "2661", "精细化学", 0.0030, 0.9, 60, "CHEM"),
    Trade("hazardous_chemicals", "5942", "危险品仓储", 0.0020, 0.8, 25, "CHEM"),
    Trade("hazardous_chemicals", "5265", "加油站", 0.0130, 0.2, 9, "CHEM"),
    Trade("hazardous_chemicals", "5169", "化工贸易", 0.0060, 0.2, 8, "CHEM"),
    Trade("fireworks", "2672", "烟花", 0.0006, 1.0, 40, "FW"),
    Trade("fireworks", "5299", "烟花爆竹经营", 0.0044, 0.3, 4, "FW"),
    Trade("metal_smelting", "3120", "钢铁", 0.0008, 1.1, 900, "SMELT"),
    Trade("metal_smelting", "3140", "铁合金", 0.0012, 0.9, 120, "SMELT"),
    Trade("metal_smelting", "3391", "铸造", 0.0040, 0.7, 55, "SMELT"),
    Trade("explosive_dust", "2110", "家具", 0.0070, 0.6, 28, "DUST"),
    Trade("explosive_dust", "1312", "面粉", 0.0030, 0.6, 40, "DUST"),
    Trade("explosive_dust", "3360", "金属表面处理", 0.0050, 0.7, 32, "DUST"),
    Trade("ammonia_refrigeration", "1352", "禽业屠宰", 0.0030, 0.7, 110, "NH3"),
    Trade("ammonia_refrigeration", "5930", "冷链仓储", 0.0040, 0.5, 30, "NH3"),
    Trade("general", "3484", "机械", 0.1100, 0.25, 24, "GEN"),
    Trade("general", "3311", "金属结构", 0.0600, 0.35, 22, "GEN"),
    Trade("general", "2929", "塑料制品", 0.0500, 0.2, 20, "FIRE"),
    Trade("general", "3670", "汽车零部件", 0.0400, 0.2, 55, "GEN"),
    Trade("general", "3021", "水泥制品", 0.0300, 0.3, 30, "GEN"),
    Trade("general", "2319", "包装印刷", 0.0350, 0.15, 18, "FIRE"),
    Trade("general", "3812", "电机", 0.0300, 0.1, 40, "ELEC"),
    Trade("general", "1819", "服装", 0.0250, 0.0, 30, "FIRE"),
    Trade("general", "5990", "仓储", 0.0700, 0.1, 12, "FIRE"),
    Trade("general", "5430", "物流", 0.0500, 0.1, 16, "FIRE"),
    Trade("general", "4710", "建筑工程", 0.0700, 0.5, 45, "CONS"),
    Trade("general", "4813", "市政工程", 0.0350, 0.4, 35, "CONS"),
    Trade("general", "5164", "金属材料贸易", 0.0750, -0.3, 6, "GEN"),
    Trade("general", "5212", "超市", 0.0700, -0.3, 14, "FIRE"),
    Trade("general", "5211", "商贸", 0.0850, -0.5, 7, "FIRE"),
    Trade("general", "6210", "餐饮管理", 0.0600, -0.1, 13, "FIRE"),
    Trade("general", "6110", "酒店", 0.0200, -0.1, 30, "FIRE"),
    Trade("general", "7020", "物业服务", 0.0149, -0.2, 40, "ELEC"),
)


@dataclass(frozen=True)
class District:
    """A district: GB/T 2260 code, centre in WGS 84 degrees, and its part of the firms.

    ``hazard_share`` is its part of the firms of the six sectors, which sit in the outskirts; ``zeal`` is how
    often its officers go out by their own choice, 1 on average.
    """

    code: str
    longitude: float
    latitude: float
    share: float
    hazard_share: float
    zeal: float


DISTRICTS: tuple[District, ...] = (
    District("370102", 117.08, 36.66, 0.120, 0.03, 0.9),
    District("370103", 116.99, 36.63, 0.100, 0.03, 0.8),
    District("370104", 116.90, 36.65, 0.090, 0.05, 1.0),
    District("370105", 116.98, 36.72, 0.100, 0.07, 1.1),
    District("370112", 117.20, 36.70, 0.150, 0.13, 1.2),
    District("370113", 116.75, 36.55, 0.070, 0.08, 0.7),
    District("370114", 117.50, 36.72, 0.120, 0.20, 1.4),
    District("370115", 117.17, 36.98, 0.070, 0.10, 0.9),
    District("370116", 117.66, 36.21, 0.080, 0.12, 1.1),
    District("370117", 117.81, 36.06, 0.030, 0.07, 1.3),
    District("370124", 116.46, 36.29, 0.035, 0.06, 0.8),
    District("370126", 117.16, 37.31, 0.035, 0.06, 0.6),
)

BRAND_FIRST = "鲁泉齐泰金鑫恒华瑞宏盛大东方中天明德圣源润海信力永兴百嘉博众安康正和新元国丰龙凤祥云银山"
BRAND_SECOND = "泰达盛源通达隆昌顺发宇辰远航科创恒信诚业邦德丰茂兴旺利康宁和美佳益腾飞鹏程晟睿泽霖峰岳"
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = (
    "伟",
    "磊",
    "建国",
    "志强",
    "晓东",
    "海涛",
    "丽娟",
    "秀英",
    "敏",
    "静",
    "洋",
    "勇",
    "艳",
    "军",
    "杰",
    "涛",
    "明",
    "超",
    "霞",
    "平",
    "刚",
    "桂英",
    "文博",
    "浩然",
    "思远",
    "雨桐",
)
