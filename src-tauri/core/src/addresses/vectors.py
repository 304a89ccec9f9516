"""Makes vectors.txt: addresses of every family, by libraries that share no code with Paydesk.

    pip install bip_utils==2.9.3 pytoniq-core
    python3 vectors.py > vectors.txt

The keys are hashes of short texts, so that each run gives the same addresses. Nobody holds them on purpose.
"""

import hashlib

from bip_utils import (
    AdaByronIcarusAddrEncoder,
    AdaShelleyAddrEncoder,
    AlgoAddrEncoder,
    AtomAddrEncoder,
    AvaxXChainAddrEncoder,
    BchP2PKHAddrEncoder,
    BchP2SHAddrEncoder,
    EgldAddrEncoder,
    EthAddrEncoder,
    InjAddrEncoder,
    NearAddrEncoder,
    NeoAddrEncoder,
    OneAddrEncoder,
    P2PKHAddrEncoder,
    P2SHAddrEncoder,
    P2TRAddrEncoder,
    P2WPKHAddrEncoder,
    SolAddrEncoder,
    SubstrateEd25519AddrEncoder,
    TrxAddrEncoder,
    XlmAddrEncoder,
    XlmAddrTypes,
    XmrAddrEncoder,
    XmrIntegratedAddrEncoder,
    XrpAddrEncoder,
    XtzAddrEncoder,
    XtzAddrPrefixes,
    ZilAddrEncoder,
)
from bip_utils import (
    AdaShelleyAddrNetworkTags,
    Ed25519Blake2bPrivateKey,
    Ed25519MoneroPrivateKey,
    Ed25519PrivateKey,
    Nist256p1PrivateKey,
    Secp256k1PrivateKey,
)
from pytoniq_core import Address

EACH = 200


def seed(number):
    return hashlib.sha256(f"paydesk {number}".encode()).digest()


def secp(number):
    return Secp256k1PrivateKey.FromBytes(seed(number)).PublicKey()


def ed(number):
    return Ed25519PrivateKey.FromBytes(seed(number)).PublicKey()


def nist(number):
    return Nist256p1PrivateKey.FromBytes(seed(number)).PublicKey()


def monero(number):
    # A key of Monero is a number below the order of its curve.
    key = bytearray(seed(number))
    key[31] &= 0x0F
    return Ed25519MoneroPrivateKey.FromBytes(bytes(key)).PublicKey()


def base58(p2pkh, p2sh):
    return lambda n: (
        P2PKHAddrEncoder.EncodeKey(secp(n), net_ver=p2pkh)
        if n % 2
        else P2SHAddrEncoder.EncodeKey(secp(n), net_ver=p2sh)
    )


def with_segwit(p2pkh, p2sh, hrp):
    old = base58(p2pkh, p2sh)
    return lambda n: (
        P2WPKHAddrEncoder.EncodeKey(secp(n), hrp=hrp)
        if n % 4 == 0
        else P2TRAddrEncoder.EncodeKey(secp(n), hrp=hrp)
        if n % 4 == 2
        else old(n // 2)
    )


def cosmos(hrp):
    return lambda n: AtomAddrEncoder.EncodeKey(secp(n), hrp=hrp)


FAMILIES = {
    "Bitcoin": with_segwit(b"\x00", b"\x05", "bc"),
    "Evm": lambda n: EthAddrEncoder.EncodeKey(secp(n)),
    "Tron": lambda n: TrxAddrEncoder.EncodeKey(secp(n)),
    "Litecoin": with_segwit(b"\x30", b"\x32", "ltc"),
    "Dogecoin": base58(b"\x1e", b"\x16"),
    "BitcoinCash": lambda n: (
        BchP2PKHAddrEncoder.EncodeKey(secp(n), hrp="bitcoincash", net_ver=b"\x00")
        if n % 2
        else BchP2SHAddrEncoder.EncodeKey(secp(n), hrp="bitcoincash", net_ver=b"\x08")
    ),
    "Dash": base58(b"\x4c", b"\x10"),
    "Zcash": base58(b"\x1c\xb8", b"\x1c\xbd"),
    "Ripple": lambda n: XrpAddrEncoder.EncodeKey(secp(n)),
    "Stellar": lambda n: XlmAddrEncoder.EncodeKey(ed(n), addr_type=XlmAddrTypes.PUB_KEY),
    "Solana": lambda n: SolAddrEncoder.EncodeKey(ed(n)),
    "Cardano": lambda n: (
        AdaByronIcarusAddrEncoder.EncodeKey(ed(n), chain_code=seed(-n))
        if n % 4 == 0
        else AdaShelleyAddrEncoder.EncodeKey(
            ed(n), pub_skey=ed(-n), net_tag=AdaShelleyAddrNetworkTags.MAINNET
        )
    ),
    "Ton": lambda n: Address((0, seed(n))).to_str(
        is_user_friendly=True, is_url_safe=True, is_bounceable=n % 2 == 0
    ),
    "Algorand": lambda n: AlgoAddrEncoder.EncodeKey(ed(n)),
    "Monero": lambda n: (
        XmrIntegratedAddrEncoder.EncodeKey(
            monero(n), pub_vkey=monero(-n), net_ver=b"\x13", payment_id=seed(n)[:8]
        )
        if n % 4 == 0
        else XmrAddrEncoder.EncodeKey(
            monero(n), pub_vkey=monero(-n), net_ver=b"\x2a" if n % 4 == 1 else b"\x12"
        )
    ),
    "Tezos": lambda n: XtzAddrEncoder.EncodeKey(ed(n), prefix=XtzAddrPrefixes.TZ1),
    "BitcoinGold": base58(b"\x26", b"\x17"),
    "DigiByte": base58(b"\x1e", b"\x3f"),
    "Qtum": base58(b"\x3a", b"\x32"),
    "Ravencoin": base58(b"\x3c", b"\x7a"),
    "Horizen": base58(b"\x20\x89", b"\x20\x96"),
    "Komodo": base58(b"\x3c", b"\x55"),
    "Verge": base58(b"\x1e", b"\x21"),
    "Firo": base58(b"\x52", b"\x07"),
    "Neo": lambda n: NeoAddrEncoder.EncodeKey(
        nist(n), ver=b"\x35" if n % 2 else b"\x17"
    ),
    "Ontology": lambda n: NeoAddrEncoder.EncodeKey(nist(n), ver=b"\x17"),
    "Ecash": lambda n: (
        BchP2PKHAddrEncoder.EncodeKey(secp(n), hrp="ecash", net_ver=b"\x00")
        if n % 2
        else BchP2SHAddrEncoder.EncodeKey(secp(n), hrp="ecash", net_ver=b"\x08")
    ),
    "Polkadot": lambda n: SubstrateEd25519AddrEncoder.EncodeKey(ed(n), ss58_format=0),
    "Kusama": lambda n: SubstrateEd25519AddrEncoder.EncodeKey(ed(n), ss58_format=2),
    "AvalancheX": lambda n: AvaxXChainAddrEncoder.EncodeKey(secp(n)),
    "one": lambda n: OneAddrEncoder.EncodeKey(secp(n)),
    "Near": lambda n: NearAddrEncoder.EncodeKey(ed(n)),
    "cosmos": cosmos("cosmos"),
    "bnb": cosmos("bnb"),
    "osmo": cosmos("osmo"),
    "inj": lambda n: InjAddrEncoder.EncodeKey(secp(n)),
    "celestia": cosmos("celestia"),
    "sei": cosmos("sei"),
    "kava": cosmos("kava"),
    "terra": cosmos("terra"),
    "thor": cosmos("thor"),
    "erd": lambda n: EgldAddrEncoder.EncodeKey(ed(n)),
    "zil": lambda n: ZilAddrEncoder.EncodeKey(secp(n)),
}

for family, encode in FAMILIES.items():
    for number in range(1, EACH + 1):
        print(family, encode(number))
