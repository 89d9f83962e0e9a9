"""What `steelyard doctor` can find, in words: what it is, and what to do about it.

Rule: every finding has English and Chinese words, and one that is not fine has advice in both.
"""

from enum import StrEnum
from typing import Any, Final, NamedTuple

from msgspec import Struct


class Level(StrEnum):
    """How bad it is."""

    FINE = "fine"
    NOTE = "note"  # worth knowing
    FIX = "fix"  # no robot should trade before this is put right


class Text(NamedTuple):
    """Words of one finding, with places for values."""

    en: str
    zh: str
    advice_en: str = ""
    advice_zh: str = ""


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that was looked at."""

    account: str
    """Empty: the house."""
    check: str
    level: Level
    en: str
    zh: str
    advice_en: str = ""
    advice_zh: str = ""


TEXTS: Final[dict[str, Text]] = {
    "journal": Text("the journal can be read: {where}", "日志可读：{where}"),
    "journal_new": Text("there is no journal yet: {where}", "尚无日志：{where}",
        "the first `steelyard run` makes it", "首次 `steelyard run` 时创建"),
    "journal_lost": Text("the journal cannot be read: {why}", "日志不可读：{why}",
        "put its disk or server right: without a journal only cancels leave the house",
        "请修复磁盘或数据库：没有日志时只能撤单"),
    "paper": Text("a paper account needs no venue", "模拟账户无需交易所"),
    "vault_none": Text("the vault has no credentials for it", "密钥库中没有该账户的凭证",
        "steelyard account add {account}", "steelyard account add {account}"),
    "vault_closed": Text("its credentials do not open: {why}", "凭证无法打开：{why}",
        "bring the vault's key back, or add the account again", "找回密钥，或重新添加账户"),
    "vault_other": Text("the vault has it for {there}, the configuration says {here}",
        "密钥库中为 {there}，配置中为 {here}",
        "change one of them, or add the account again with --replace",
        "修改其一，或用 --replace 重新添加"),
    "venue_none": Text("its venue is not available: {why}", "交易所不可用：{why}",
        "check the name of the venue and what is installed", "请检查交易所名称与已安装的组件"),
    "rest": Text("the venue answers in {ms} ms", "交易所响应时间 {ms} 毫秒"),
    "rest_lost": Text("the venue does not answer: {why}", "交易所无响应：{why}",
        "check the network, the name service, the addresses and the venue's status page",
        "请检查网络、域名解析、地址以及交易所状态页"),
    "clock": Text("this machine's clock is {ms} ms {side} the venue's",
        "本机时钟比交易所{zh_side} {ms} 毫秒"),
    "clock_off": Text("this machine's clock is {ms} ms {side} the venue's; orders are corrected",
        "本机时钟比交易所{zh_side} {ms} 毫秒；下单时会校正",
        "keep the clock by NTP (chrony, systemd-timesyncd)",
        "请用 NTP 校时（chrony、systemd-timesyncd）"),
    "clock_none": Text("the venue does not tell its time", "交易所不提供时间",
        "keep the clock by NTP (chrony, systemd-timesyncd)",
        "请用 NTP 校时（chrony、systemd-timesyncd）"),
    "listed": Text("{name} is listed and trades", "{name} 已上市且可交易"),
    "halted": Text("{name} is {status}", "{name} 当前状态：{status}",
        "wait, or take it out of the configuration", "请等待，或从配置中移除"),
    "unlisted": Text("{name} is not listed", "{name} 未上市",
        "take it out of the configuration, or check its spelling", "请从配置中移除，或检查拼写"),
    "key": Text("the venue takes the key{user}", "交易所接受该密钥{user}"),
    "key_refused": Text("the venue refuses the key: {why}", "交易所拒绝该密钥：{why}",
        "check key, secret and passphrase, the addresses it is bound to, and its environment",
        "请检查密钥、密文、口令、绑定的 IP 以及环境"),
    "rights": Text("the key may {rights}", "密钥权限：{rights}"),
    "rights_unknown": Text("the venue does not tell what the key may do", "交易所不告知密钥权限",
        "see at the venue that it may not withdraw", "请在交易所确认其没有提现权限"),
    "no_trade": Text("the key may not trade", "密钥没有交易权限",
        "allow trading for it at the venue", "请在交易所开启交易权限"),
    "withdraw": Text("the key may withdraw", "密钥有提现权限",
        "make one that may only read and trade; or write allow_withdraw_keys = true",
        "请改用仅可读取和交易的密钥；或设置 allow_withdraw_keys = true"),
    "withdraw_wanted": Text("the key may withdraw, and the configuration insists on it",
        "密钥有提现权限，且配置允许", "a key that only reads and trades is safer",
        "仅可读取和交易的密钥更安全"),
    "transfer": Text("the key may move money between wallets", "密钥有划转权限",
        "robots do not need it: take the right away", "机器人不需要该权限，请取消"),
    "bound": Text("the key is bound to {addresses}", "密钥绑定 IP：{addresses}"),
    "unbound": Text("the key is bound to no address", "密钥未绑定 IP",
        "bind it to this machine's address at the venue", "请在交易所绑定本机 IP"),
    "mode": Text("the position mode is {here}, as configured", "持仓模式为{zh_here}，与配置一致"),
    "mode_other": Text("the position mode is {there}, the configuration wants {here}",
        "持仓模式为{zh_there}，配置要求{zh_here}",
        "set hedged = {value} in the configuration, or change the mode at the venue while nothing "
        "is open", "请在配置中设 hedged = {value}，或在无持仓无挂单时到交易所修改"),
    "margin": Text("margin is {mode}", "保证金模式：{mode}"),
    "margin_unknown": Text("the venue does not tell the margin mode", "交易所不告知保证金模式"),
    "margin_cash": Text("the account is for spot alone, and perpetuals are configured",
        "账户仅限现货，而配置了永续合约", "open the account for futures at the venue",
        "请在交易所开通合约"),
    "fees": Text("fees of {name} are those of the table", "{name} 费率与表一致"),
    "fees_other": Text("fees of {name} are {maker} maker and {taker} taker, the table says "
        "{table_maker} and {table_taker}",
        "{name} 费率：挂单 {maker}、吃单 {taker}，表中为 {table_maker}、{table_taker}",
        "backtest with your own: --fees {maker},{taker}",
        "回测时请用自己的费率：--fees {maker},{taker}"),
    "budget": Text("{used} of {all} of the rate budget are used", "速率额度已用 {used}/{all}"),
    "budget_short": Text("{used} of {all} of the rate budget are used", "速率额度已用 {used}/{all}",
        "something else uses this address or key: give the house its own",
        "有其他程序占用该 IP 或密钥，请单独分配"),
    "budget_unknown": Text("the venue does not tell how much of the rate budget is used",
        "交易所不告知速率用量"),
    "public": Text("the public stream runs", "公共推送正常"),
    "public_lost": Text("the public stream does not run: {why}", "公共推送异常：{why}",
        "check that sockets (wss) are let through, and the addresses",
        "请检查 wss 是否放行以及地址"),
    "private": Text("the account's stream runs", "账户推送正常"),
    "private_lost": Text("the account's stream does not run: {why}", "账户推送异常：{why}",
        "check the key, and that sockets (wss) are let through", "请检查密钥以及 wss 是否放行"),
    "untried": Text("the {what} stream was not tried", "{what} 推送未检查"),
    "lacks": Text("{what}", "{what}", "trade where it can be done, if it is needed",
        "若需要该功能，请换用支持的交易所"),
    "said": Text("{what}", "{what}", "see it at the venue", "请到交易所查看"),
    "refused": Text("the venue did not answer: {why}", "交易所未应答：{why}",
        "try again; see the venue's status page", "请重试；查看交易所状态页"),
}  # fmt: skip


def found(account: str, check: str, level: Level, **values: Any) -> Finding:
    """Put a finding into words."""
    text = TEXTS[check]
    en, zh, advice_en, advice_zh = (part.format(account=account, **values) for part in text)
    return Finding(
        account=account, check=check, level=level, en=en, zh=zh, advice_en=advice_en,
        advice_zh=advice_zh,
    )  # fmt: skip
