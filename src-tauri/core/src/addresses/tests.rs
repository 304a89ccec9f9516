use super::*;

/// Addresses made for these tests with a library that shares no code with this one (bip_utils, from hashes of short texts).
const REAL: &[(Family, &str)] = &[
    (Family::Bitcoin, "16QFVMvvzsrGSY8ccpLdy3HGkgXV5uhJjx"),
    (Family::Bitcoin, "37nzcxUgB23FwREvrfsYrDtf8yE54Fz8cR"),
    (Family::Bitcoin, "bc1q8vly5ulj6ew28ugtdqc98t547txmpryu5wnhlu"),
    (Family::Bitcoin, "bc1pq6y55zjg35rplm8m7dvh0pz7hl2fkp4dpe3az4h3tmtv5ddndmtqetd32j"),
    (Family::Bitcoin, "bc1q3payecjffzrefflkwjte6aderegsha8atdrv4agjm6trswc9yd8s8cyegs"),
    (Family::Evm, "0x0657926085bc07a664cCCBcf278833E477A8B415"),
    (Family::Tron, "TKppXbvbxJVW8t3RM3L3VpnD2KY4YCpYAH"),
    (Family::Litecoin, "Ldav8wrLxrpB7FtjyP8P18PEyvuwjrpsg5"),
    (Family::Litecoin, "MP5ttx51F6yzxDkbR41cBPB1AugSmdd1uz"),
    (Family::Litecoin, "ltc1qe95nnfenxftt76r3qx3tdhs27y5qkkur6q7f3e"),
    (Family::Dogecoin, "DMU292uhDaRfrpXnWXf4xrSphDWv3hD6D5"),
    (Family::Dogecoin, "9wUQECZP18CfGP9HHrJNfSKrvL9kGs9AMq"),
    (Family::Dash, "XpRBnVw5YFpHdVdRcmetD4WjUrjAijjXnS"),
    (Family::Dash, "7h7M9FcCWqgMuWe1HbSsBS2zeTwSDeTr6t"),
    (Family::Zcash, "t1gDw4tgSCRJRz6Ya51NjaLjnAAboqFXp1h"),
    (Family::Zcash, "t3VF5aoLaxn5v6wjBQcEFhxULxEg1j7tSJb"),
    (Family::BitcoinCash, "bitcoincash:qzyqt7f5l8mmlafasasy22hzyp3jhgqhvvmnj9rdpw"),
    (Family::BitcoinCash, "bitcoincash:pqhp4lrg0pazxxyc8mfy8sqd3hkzs9p5xv3kp0lms2"),
    (Family::BitcoinCash, "qzyqt7f5l8mmlafasasy22hzyp3jhgqhvvmnj9rdpw"),
    (Family::Ripple, "rLVo29ML6SNPRYKYWwrcQFk1xd3ktvQwat"),
    (Family::Stellar, "GA2BIQUDNHBYBIWOWFEUF67TQB32H3UIGCUHUZJ6KHCP2W3CQVRNYAOP"),
    (Family::Solana, "2bzfHEsssvPpUxhVonPMNdjmWKWMEu4TSoqRuZ18ziFF"),
    (
        Family::Cardano,
        "addr1q9v6r7s63v00wm56wtnut9h8t55wxxk3an0kdqaqw8phh9dyvwmuutumplmpwrxqfx5gh33f5jsaj3shmx78ztsfry3qk54vx5",
    ),
    (Family::Cardano, "Ae2tdPwUPEYxqDtqyRpCSjNRTox9SFcrDAKXdBXjV1BbtngtDtUQAhKanhZ"),
    (
        Family::Cardano,
        "DdzFFzCqrhsiPMvuNLnQnMsuBzFPYz1gTrwuEPXBqV5DfWSAk5Tp4G9D9pH8SdwRoVUNoHVqjs77bGscpktNG1myT5eCaZVzxarYCZLe",
    ),
    (Family::Algorand, "GWX3X3JW5ZHN5TEI5KJMJWQD2POYWYHITVIHHZDVZYLVRE6TMLDNIMCLCQ"),
    (
        Family::Monero,
        "4A8bCsMLrinAoBNAQxTLSZ3JddmLFe1XvYwyzzQFoS4pHaaNS6ophW1Fdukcnpgg9E8Md2dkTMiwLGHywABh5insHGRnpHC",
    ),
    (
        Family::Monero,
        "8AxjYF1BT9CAoBNAQxTLSZ3JddmLFe1XvYwyzzQFoS4pHaaNS6ophW1Fdukcnpgg9E8Md2dkTMiwLGHywABh5insHJfzWF9",
    ),
    (
        Family::Monero,
        "4KqGDgAqTzJAoBNAQxTLSZ3JddmLFe1XvYwyzzQFoS4pHaaNS6ophW1Fdukcnpgg9E8Md2dkTMiwLGHywABh5insRC1513vSBdH6WS7UUS",
    ),
    (Family::Tezos, "tz1gZ4ivpqUnULNkwpmaG7bhwnv7Q3QJnFpe"),
    (Family::Cosmos("cosmos"), "cosmos1t0478zjhvrsneah7fvyecs3hgztnkm0g9h279u"),
    (Family::Cosmos("bnb"), "bnb1krjxel6dlwypa6xscm9f5qpdmgyfdwusn26zz4"),
    (Family::Cosmos("erd"), "erd1h2xzspp392cdkq73lg8uss83s7shq3l0hwdus7zgx48s849ktx8qa3dn9z"),
    (Family::Cosmos("zil"), "zil1rl98xttqll586769ux8wvnlmxnwz6jcfdr0l8m"),
    (Family::Ton, "UQD9KGj6SIn4bKmlk0SFqTmkp4e8AiJsSFsR1C3_BpjGBOAF"),
    (Family::Horizen, "znYTLrdoWbLoaGv5G2kpR9h6Gm1hajCP1Qc"),
    (Family::Horizen, "zstUxRuHgh4MFShEh97j36rNBoiPKNkUCsw"),
    (Family::Komodo, "bSjULJ7pAUCiio1Q41UV7ZwHxY2Z9QaVur"),
    (Family::Verge, "EXA78ecqF67ACFktnC9uu3nPEJdWDyBk42"),
    (Family::Firo, "a85tc7cXAZHojMEqBqu41fPFCsvFbmTm7S"),
    (Family::Neo, "Nhv4tweeXhzHhtZW54gKecY8DmmbRfVtzM"),
    (Family::Ecash, "ecash:qpgdvh6azk0kcj96zx43kkanqzsfjmr33q5jzj49lq"),
    (Family::Ecash, "ecash:pzvek7sdv0ljpdwjjgvukgpgmree4ufs3g0maaxgzg"),
    (Family::Polkadot, "16iGRXfWd86K3wDjGVNncaAP1yThYqJuZG8EmoD5hpidT59f"),
    (Family::Kusama, "JHawWkKPhqmN42f5Z8qNNhEJwkHfCZww9EW1AVgdXuc1bFk"),
    (Family::AvalancheX, "X-avax12rt97hg4naky3ws34vd4hvcq5zvkcuvg89t3kv"),
    (Family::Cosmos("one"), "one1ssts72fvu4wlgy486w6vn3unywn8mszuwh9299"),
    // Of a publicly known vector, and of an exchange.
    (Family::Kaspa, "kaspa:qq80qvqs0lfxuzmt7sz3909ze6camq9d4t35ennsep3hxfe7ln35cvfqgz3z8"),
    (Family::Kaspa, "kaspa:qrelgny7sr3vahq69yykxx36m65gvmhryxrlwngfzgu8xkdslum2yxjp3ap8m"),
];

/// More of them, 200 of each family, made by libraries that share no code with this one (`vectors.py`).
const MORE: &str = include_str!("vectors.txt");

/// The lines of [`MORE`]: families with their addresses.
fn more() -> impl Iterator<Item = (Family, &'static str)> {
    let named = |name: &str| {
        let known = |family: &Family| match family {
            Family::Cosmos(prefix) => *prefix == name,
            other => format!("{other:?}") == name,
        };
        FAMILIES.iter().map(|(family, ..)| *family).find(known).unwrap()
    };
    MORE.lines().map(move |line| {
        let (name, address) = line.split_once(' ').unwrap();
        (named(name), address)
    })
}

/// Families that share versions of base58check with a larger network, which gets a caution.
const HAVE_TWINS: [Family; 4] = [Family::DigiByte, Family::Qtum, Family::Komodo, Family::Verge];

const ALPHANUMERIC: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

fn is_taken(family: Family, address: &str) -> bool {
    family.check(address).is_ok()
}

#[test]
fn addresses_of_every_family_are_taken_and_recognised() {
    for (family, address) in REAL {
        let checked = family.check(address);
        assert_eq!(checked.as_ref().map(|checked| checked.caution), Ok(None), "{family:?} {address}");
        assert_eq!(Family::recognise(address), Some(*family), "{address}");
    }
}

#[test]
fn one_changed_character_is_noticed_wherever_there_is_a_checksum() {
    // Of Polkadot one in 65,536 passes: two bytes of a hash find no more.
    let others = [Family::Solana, Family::Polkadot, Family::Kusama];
    for (family, address) in REAL.iter().filter(|(family, _)| !others.contains(family)) {
        for position in 0..address.len() {
            for replacement in ALPHANUMERIC.chars().filter(|c| !address[position..].starts_with(*c)) {
                let changed = format!("{}{replacement}{}", &address[..position], &address[position + 1..]);
                assert!(!is_taken(*family, &changed), "{family:?} {address} as {changed}");
            }
        }
    }
}

#[test]
fn two_hundred_addresses_of_every_family_are_taken_and_with_one_changed_character_refused() {
    let mut counts = std::collections::HashMap::<Family, u32>::new();
    for (family, address) in more() {
        *counts.entry(family).or_default() += 1;
        let checked =
            family.check(address).unwrap_or_else(|fault| panic!("{family:?} {address} {}", fault.message));
        assert!(checked.caution.is_none() || HAVE_TWINS.contains(&family), "{family:?} {address}");
        if matches!(family, Family::Solana | Family::Near) {
            continue;
        }
        // Twelve places, the first and the last among them.
        for place in 0..12 {
            let position = place * (address.len() - 1) / 11;
            let known = ALPHANUMERIC.bytes().position(|c| c == address.as_bytes()[position]);
            let other = (known.unwrap_or(0) + 1 + place) % ALPHANUMERIC.len();
            let replacement = char::from(ALPHANUMERIC.as_bytes()[other]);
            let changed = format!("{}{replacement}{}", &address[..position], &address[position + 1..]);
            assert!(changed == address || !is_taken(family, &changed), "{family:?} {address} as {changed}");
        }
    }
    // Rootstock writes its checksum in a way of its own, which no library makes, as none makes addresses of Kaspa.
    let unmade = [Family::Rootstock, Family::Kaspa, Family::Eos];
    let missing: Vec<_> = FAMILIES
        .iter()
        .map(|(family, ..)| *family)
        .filter(|family| !unmade.contains(family) && counts.get(family).copied() != Some(200))
        .collect();
    assert_eq!(missing, []);
}

#[test]
fn the_page_on_addresses_names_every_network_that_is_checked() {
    let page = include_str!("../../../../docs/addresses.md");
    for (family, networks, name) in FAMILIES {
        assert!(page.contains(name), "{family:?} is called {name}");
        for network in *networks {
            assert!(page.contains(&format!("`{network}`")), "{network} of {family:?}");
        }
    }
}

#[test]
fn a_lost_doubled_or_swapped_character_is_noticed() {
    for (family, address) in REAL.iter().filter(|(family, _)| *family != Family::Solana) {
        for position in 0..address.len() {
            let (before, after) = address.split_at(position);
            let mut variants =
                vec![format!("{before}{}", &after[1..]), format!("{before}{}{after}", &after[..1])];
            if after.len() > 1 && after[..1] != after[1..2] {
                variants.push(format!("{before}{}{}{}", &after[1..2], &after[..1], &after[2..]));
            }
            for changed in variants {
                assert!(!is_taken(*family, &changed), "{family:?} {address} as {changed}");
            }
        }
    }
}

#[test]
fn no_family_takes_the_address_of_another() {
    for (of, address) in REAL {
        for (family, ..) in FAMILIES {
            // Rootstock shares the form of Ethereum.
            let same = family == of || (*family, *of) == (Family::Rootstock, Family::Evm);
            // Old addresses of Bitcoin and of these coins cannot be told apart by anybody; they get a caution.
            let twin = address.starts_with(['1', '3'])
                && matches!(
                    family,
                    Family::BitcoinCash | Family::Ecash | Family::Litecoin | Family::DigiByte
                )
                || address.starts_with('D') && matches!(family, Family::DigiByte | Family::Verge)
                || address.starts_with('M') && *family == Family::Qtum;
            assert!(same || twin || !is_taken(*family, address), "{family:?} takes {of:?} {address}");
        }
    }
}

/// The test vectors of BIP-173 and BIP-350.
#[test]
fn witness_programs_follow_bip_173_and_bip_350() {
    for (address, known) in [
        ("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", true),
        ("bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y", false),
        ("BC1SW50QGDZ25J", false),
        ("bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs", false),
        ("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", true),
    ] {
        let checked =
            Family::Bitcoin.check(address).unwrap_or_else(|fault| panic!("{address} {}", fault.message));
        assert_eq!(checked.caution.is_none(), known, "{address}");
    }
    for address in [
        "tc1qw508d6qejxtdg4y5r3zarvary0c5xw7kg3g4ty",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
        "BC13W508D6QEJXTDG4Y5R3ZARVARY0C5XW7KN40WF2",
        "bc1rw5uspcuh",
        "bc10w508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kw5rljs90",
        "bca0w508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kw5rljs90234567789035",
        "BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P",
        "bc1zw508d6qejxtdg4y5r3zarvaryvqyzf3du",
        "bc1gmk9yu",
        "tc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq5zuyut",
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd",
        "BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh",
        "bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4",
        "BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R",
        "bc1pw5dgrnzv",
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav",
        "BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P",
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf",
        "bc1gmk9yu",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kV8F3T4",
    ] {
        assert!(!is_taken(Family::Bitcoin, address), "{address}");
    }
    for address in [
        "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7",
        "tb1pqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesf3hn0c",
        "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn",
        "2MzQwSSnBHWHqSAqtTVQ6v47XtaisrJa1Vc",
    ] {
        assert_eq!(Family::Bitcoin.check(address).unwrap_err().kind, Kind::TestNetwork, "{address}");
    }
}

#[test]
fn an_address_in_base58_may_begin_like_one_in_bech32() {
    for (family, address) in [
        (Family::Litecoin, "LTc1kJ5bnyvdjibbKbCxkmXVXnkqp9c4DG"),
        (Family::Litecoin, "LTC1gQn1c378WVZzxVs2UypsTLdKGRmEK5"),
        (Family::Qtum, "Qc1XJQUAWFDh3Dhza1nJxzjgSybu9xmyih"),
        (Family::DigiByte, "DGB121weobYmndTyg1S6E6XEkHJHjsMLqf"),
    ] {
        assert!(is_taken(family, address), "{address}");
        assert_eq!(family.check(address).unwrap().account.len(), 21, "{address}");
        let mistyped = address.replace(&address[9..10], "2");
        assert!(!is_taken(family, &mistyped), "{mistyped}");
    }
}

/// The test vectors of EIP-55, and one of EIP-1191 for Rootstock.
#[test]
fn the_case_of_hexadecimal_addresses_is_their_checksum() {
    for address in [
        "0x52908400098527886E0F7030069857D2E4169EE7",
        "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
        "0xde709f2102306220921060314715629080e2fb77",
        "0x27b1fdb04752bbc536007a920d24acb045561c26",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ] {
        assert!(is_taken(Family::Evm, address), "{address}");
    }
    let rootstock = "0x5aaEB6053f3e94c9b9a09f33669435E7ef1bEAeD";
    assert!(is_taken(Family::Rootstock, rootstock) && !is_taken(Family::Evm, rootstock));
    for (address, kind) in [
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1Beaed", Kind::Checksum),
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe", Kind::Format),
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAedd", Kind::Format),
        ("5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", Kind::Format),
        ("0X5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", Kind::Format),
        ("0g5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", Kind::Format),
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeg", Kind::Format),
        ("0x", Kind::Format),
    ] {
        assert_eq!(Family::Evm.check(address).unwrap_err().kind, kind, "{address}");
    }
}

#[test]
fn two_ways_of_writing_one_account_are_the_same_account() {
    for (family, one, other) in [
        (
            Family::Evm,
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
        ),
        (
            Family::Bitcoin,
            "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
        ),
        (
            Family::BitcoinCash,
            "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a",
            "1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu",
        ),
        (
            Family::BitcoinCash,
            "ppm2qsznhks23z7629mms6s4cwef74vcwvn0h829pq",
            "3CWFddi6m4ndiGyKqzYvsFYagqDLPVMTzC",
        ),
        (
            Family::Ton,
            "EQCD39VS5jcptHL8vMjEXrzGaRcCVYto7HUn4bpAOg8xqB2N",
            "0:83dfd552e63729b472fcbcc8c45ebcc6691702558b68ec7527e1ba403a0f31a8",
        ),
        (Family::Unknown, "0xABCDEF", "0xabcdef"),
    ] {
        let account = |address: &str| {
            family.check(address).unwrap_or_else(|fault| panic!("{address} {}", fault.message)).account
        };
        assert_eq!(account(one), account(other), "{one} {other}");
    }
    let account = |address| Family::Bitcoin.check(address).unwrap().account;
    // A key hash in the old form and the same in a witness program are spent differently.
    assert_ne!(
        account("1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH"),
        account("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4")
    );
}

#[test]
fn what_is_unusual_gets_a_caution() {
    for (family, address) in [
        (Family::Evm, "0x0000000000000000000000000000000000000000"),
        (Family::Tron, "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb"),
        (Family::Solana, "11111111111111111111111111111111"),
        (Family::Ripple, "rrrrrrrrrrrrrrrrrrrrrhoLvTp"),
        (Family::BitcoinCash, "1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu"),
        (Family::Litecoin, "3CWFddi6m4ndiGyKqzYvsFYagqDLPVMTzC"),
        (Family::DigiByte, "DMU292uhDaRfrpXnWXf4xrSphDWv3hD6D5"),
        (Family::DigiByte, "3CWFddi6m4ndiGyKqzYvsFYagqDLPVMTzC"),
        (Family::Verge, "DMU292uhDaRfrpXnWXf4xrSphDWv3hD6D5"),
        (Family::Qtum, "MP5ttx51F6yzxDkbR41cBPB1AugSmdd1uz"),
        (Family::Komodo, "RGecwj4BYb6XjpAveca3LuPwMnFVxvXt5Y"),
        (Family::Unknown, "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
        (Family::Eos, "total"),
    ] {
        let checked = family.check(address).unwrap_or_else(|fault| panic!("{address} {}", fault.message));
        assert!(checked.caution.is_some(), "{address}");
    }
}

#[test]
fn secret_keys_are_called_by_their_name() {
    for (family, secret) in [
        (Family::Bitcoin, "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ"),
        (Family::Ripple, "sn3nxiW7v8KXzPzAqzyHXbSSKNuN9"),
        (Family::Stellar, "SBU2RRGLXH3E5CQHTD3ODLDF2BWDCYUSSBLLZ5GNW7JXHDIYKXZWHOKR"),
    ] {
        let message = family.check(secret).unwrap_err().message;
        assert!(message.contains("secret key"), "{secret}: {message}");
    }
}

#[test]
fn a_coin_belongs_to_the_family_of_its_pattern_its_network_or_its_ticker() {
    let evm = Regex::new("^(0x)[0-9A-Fa-f]{40}$").unwrap();
    let any = Regex::new("^[0-9A-Za-z]{26,64}$").unwrap();
    let both = Regex::new("^(kava1[0-9a-z]{38}|0x[0-9a-fA-F]{40})$").unwrap();
    let longer = Regex::new("^0x[0-9a-fA-F]{1,64}$").unwrap();
    for (network, ticker, pattern, family) in [
        (Some("eth"), "usdterc20", Some(&evm), Family::Evm),
        (Some("somechain"), "abc", Some(&evm), Family::Evm),
        (None, "abc", Some(&evm), Family::Evm),
        (Some("bnb"), "x", Some(&evm), Family::Evm),
        (Some("rsk"), "rbtc", Some(&evm), Family::Rootstock),
        (Some("trx"), "usdttrc20", Some(&any), Family::Tron),
        (Some("TRX"), "usdttrc20", None, Family::Tron),
        (Some("trc20"), "usdttrc20", None, Family::Tron),
        (Some("btc"), "btc", Some(&any), Family::Bitcoin),
        (None, "btc", Some(&any), Family::Bitcoin),
        (Some(""), "btc", Some(&any), Family::Bitcoin),
        (Some("somechain"), "btc", Some(&any), Family::Unknown),
        (Some("sol"), "usdcsol", Some(&any), Family::Solana),
        (None, "abc", None, Family::Unknown),
        (Some("kava"), "kava", Some(&both), Family::Cosmos("kava")),
        (Some("kava"), "usdtkava", Some(&evm), Family::Evm),
        (Some("apt"), "apt", Some(&longer), Family::Unknown),
        (Some("one"), "one", Some(&evm), Family::Evm),
    ] {
        assert_eq!(Family::of(network, ticker, pattern), family, "{network:?} {ticker}");
    }
}

#[test]
fn an_address_of_byron_with_the_number_of_a_network_belongs_to_a_test_network() {
    let address = "2cWKMJemoBaipzQe9BArYdo2iPUfJQdZAjm4iCzDA1AfNxJSTgm9FZQTmFCYhKkeYrede";
    assert_eq!(Family::Cardano.check(address).unwrap_err().kind, Kind::TestNetwork);
}

#[test]
fn an_account_is_one_text_whatever_way_its_address_is_written_in() {
    for (family, one, other) in [
        (
            Family::Ton,
            "EQCD39VS5jcptHL8vMjEXrzGaRcCVYto7HUn4bpAOg8xqB2N",
            "UQCD39VS5jcptHL8vMjEXrzGaRcCVYto7HUn4bpAOg8xqEBI",
        ),
        (
            Family::Ton,
            "EQCD39VS5jcptHL8vMjEXrzGaRcCVYto7HUn4bpAOg8xqB2N",
            "0:83DFD552E63729B472FCBCC8C45EBCC6691702558B68EC7527E1BA403A0F31A8",
        ),
        (
            Family::BitcoinCash,
            "bitcoincash:qzyqt7f5l8mmlafasasy22hzyp3jhgqhvvmnj9rdpw",
            "QZYQT7F5L8MMLAFASASY22HZYP3JHGQHVVMNJ9RDPW",
        ),
        (
            Family::Ecash,
            "ecash:qpm2qsznhks23z7629mms6s4cwef74vcwva87rkuu2",
            "qpm2qsznhks23z7629mms6s4cwef74vcwva87rkuu2",
        ),
        (Family::Litecoin, "3CWFddi6m4ndiGyKqzYvsFYagqDLPVMTzC", "MJiPwX84iBe4WnFDwsYGgtnz1XonPhUqhf"),
        (
            Family::Evm,
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
        ),
    ] {
        let [first, second] = [one, other].map(|address| {
            family.check(address).unwrap_or_else(|fault| panic!("{address} {}", fault.message)).account
        });
        assert_eq!(first, second, "{one} {other}");
        assert_eq!(account(one), account(other));
        // It is a way to write the address, and the same account again.
        assert_eq!(account(&account(one)), account(one));
    }
}

#[test]
fn accounts_of_different_addresses_are_different() {
    let mut seen = std::collections::HashMap::new();
    for (family, address) in more() {
        // A hash may stand for a script of Bitcoin and for one of Litecoin.
        let earlier = seen.insert((family, account(address)), address);
        assert_eq!(earlier, None, "{family:?} {address}");
    }
}

#[test]
fn only_what_passes_a_checksum_is_certainly_of_a_family() {
    for (address, family) in [
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", Some(Family::Bitcoin)),
        ("cosmos1t0478zjhvrsneah7fvyecs3hgztnkm0g9h279u", Some(Family::Cosmos("cosmos"))),
        ("ltc1qe95nnfenxftt76r3qx3tdhs27y5qkkur6q7f3e", Some(Family::Litecoin)),
        ("TKppXbvbxJVW8t3RM3L3VpnD2KY4YCpYAH", Some(Family::Tron)),
        ("UQD9KGj6SIn4bKmlk0SFqTmkp4e8AiJsSFsR1C3_BpjGBOAF", Some(Family::Ton)),
        ("anna.near", None),
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", None),
        ("2bzfHEsssvPpUxhVonPMNdjmWKWMEu4TSoqRuZ18ziFF", None),
        ("TKppXbvbxJVW8t3RM3L3VpnD2KY4YCpYAA", None),
        ("word", None),
        ("", None),
    ] {
        assert_eq!(Family::certain(address), family, "{address}");
    }
}

#[test]
fn names_of_accounts_follow_the_rules_of_their_networks() {
    for (family, name, taken) in [
        (Family::Near, "anna.near", true),
        (Family::Near, "a-b_c.sub.aurora", true),
        (Family::Near, "fca625a0954d46d273e5f2750ce2a640f5beb145608e273aacbbe6f966294992", true),
        (Family::Near, "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed", true),
        (Family::Near, "total", false),
        (Family::Near, "anna..near", false),
        (Family::Near, "-anna.near", false),
        (Family::Near, "an--na.near", false),
        (Family::Near, "Anna.near", false),
        (Family::Near, "anna.testnet", false),
        (Family::Eos, "krakenkraken", true),
        (Family::Eos, "eosio.token", true),
        (Family::Eos, "sixcharacters", false),
        (Family::Eos, "anna6", false),
        (Family::Eos, ".anna", false),
    ] {
        assert_eq!(is_taken(family, name), taken, "{family:?} {name}");
    }
}
