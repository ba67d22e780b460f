"""The draw again, written from docs/draw.md with the standard library alone; it shares no code."""

import hashlib


def redraw(record):
    digest = hashlib.sha256((record["seed"] + "\n" + record["public_value"]).encode()).hexdigest()
    m1, m2 = 2**32 - 209, 2**32 - 22853
    p = [int(digest[i : i + 8], 16) % m1 for i in (0, 8, 16)]
    q = [int(digest[i : i + 8], 16) % m2 for i in (24, 32, 40)]
    p, q = p if any(p) else [1, 1, 1], q if any(q) else [1, 1, 1]

    def z():
        p.append((1403580 * p[-2] - 810728 * p[-3]) % m1)
        q.append((527612 * q[-1] - 1370589 * q[-3]) % m2)
        return (p[-1] - q[-1]) % m1

    if record["kind"] == "objects":
        left, result = {one["stratum"]: one["drawn"] for one in record["strata"]}, []
        for key, name, stratum in sorted((z(), name, stratum) for name, stratum in record["frame"]):
            left[stratum] -= 1
            result += [[name, stratum, key]] if left[stratum] >= 0 else []
        return result
    people = sorted((z(), name, role) for name, role in record["officers"])
    able = [name for _, name, role in people if role == "officer"]
    experts = [name for _, name, role in people if role == "technical_inspector"]
    crews, done = [], []
    while len(able) >= record["crew_size"]:
        team, able = able[: record["crew_size"]], able[record["crew_size"] :]
        expert = experts.pop(0) if experts and record["technical"] else None
        crews.append({"crew_id": f"K{len(crews) + 1:02}", "officers": team, "technical": expert})
    for name in record["objects"]:
        number, shut = z(), {who for what, who in record["recusals"] if what == name}
        free = [one["crew_id"] for one in crews if not shut & {*one["officers"], one["technical"]}]
        had = {crew: sum(one[1] == crew for one in done) for crew in free}
        fair = [crew for crew in free if had[crew] <= min(had.values()) + 1]
        done.append([name, fair[number * len(fair) // m1] if fair else None])
    return {"crews": crews, "spare": able + experts, "objects": done}
