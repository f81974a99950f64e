//! Mutants of good transactions, from a seed.

use super::attack::{Desk, Net, order};
use super::forge::{Forge, records_of};
use chain_core::keys::{MemorySigner, Signer as _, b64, unb64};
use chain_core::member::KeyUse;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;
use rand::{Rng as _, SeedableRng as _};
use std::collections::BTreeSet;
use testnet::world::drafts::{enterprise_filing_draft, key_rotation_drafts, object_draft, policy_draft};
use testnet::world::{SaltedDraft, Trade};

/// Good transactions that are never sent: one record, many records, of many kinds and members.
pub fn bases(net: &Net, desk: &mut Desk) -> Vec<Vec<u8>> {
    let cast = net.cast();
    let now = super::attack::now();
    let mut out = Vec::new();
    for member in cast.enterprises.iter().chain(&cast.platforms) {
        out.push(desk.order(member).bytes);
    }
    let trade = Trade::generate(cast, cast.seed, 6, now).unwrap();
    for authored in trade.records().chain(&trade.goods_filings) {
        out.push(desk.one(cast.by_id(&authored.by).unwrap(), authored.draft.clone()).bytes);
    }
    let seller = &cast.enterprises[0];
    let batch: Vec<SaltedDraft> = (0..12).map(|n| order(&format!("batch-{n}")).into()).collect();
    out.push(desk.sign(seller, &batch).bytes);
    let until = contracts::dates::Date::beijing(now).plus_days(100).unwrap();
    out.push(desk.one(seller, enterprise_filing_draft(seller, until, now).unwrap()).bytes);
    let new = MemorySigner::from_seed(&[9; 32]).public_key();
    let keys = key_rotation_drafts(&new, &[KeyUse::Record], &seller.record.public_key().kid(), now).unwrap();
    out.push(desk.sign(seller, &keys.map(Into::into)).bytes);
    let kind = contracts::registry::calls::ObjectType::Parcel;
    out.push(desk.one(seller, object_draft("parcel:mutant", kind, None, now).unwrap()).bytes);
    out.push(desk.one(&cast.insurer, policy_draft(trade.claim().unwrap(), now).unwrap()).bytes);
    out
}

/// `count` mutants, none of which is one of the bases.
pub fn mutants(bases: &[Vec<u8>], seed: u64, count: usize) -> Vec<Vec<u8>> {
    let mut random = StdRng::seed_from_u64(seed);
    let known: BTreeSet<&Vec<u8>> = bases.iter().collect();
    let mut out = Vec::with_capacity(count);
    while out.len() < count {
        let base = bases.choose(&mut random).unwrap();
        let other = bases.choose(&mut random).unwrap();
        let mut mutant = mutate(&mut random, base.clone(), other);
        if random.gen_bool(0.2) {
            mutant = mutate(&mut random, mutant, other);
        }
        if !known.contains(&mutant) && !mutant.is_empty() {
            out.push(mutant);
        }
    }
    out
}

fn mutate(random: &mut StdRng, mut bytes: Vec<u8>, other: &[u8]) -> Vec<u8> {
    let at = random.gen_range(0..bytes.len());
    match random.gen_range(0..10) {
        0 | 1 => {
            for _ in 0..random.gen_range(1..=8) {
                let at = random.gen_range(0..bytes.len());
                bytes[at] ^= 1 << random.gen_range(0..8);
            }
        }
        2 => bytes.insert(at, random.r#gen()),
        3 => {
            let some: Vec<u8> = (0..random.gen_range(1..40)).map(|_| random.r#gen()).collect();
            bytes.splice(at..at, some);
        }
        4 => {
            let end = (at + random.gen_range(1..40)).min(bytes.len());
            bytes.drain(at..end);
        }
        5 => bytes.truncate(at.max(1)),
        6 => {
            let letters = b"~.-_=ABCabc019 \n\0\"{}[]";
            bytes[at] = *letters.choose(random).unwrap();
        }
        7 => {
            let cut = random.gen_range(0..other.len());
            bytes.splice(at.., other[cut..].iter().copied());
        }
        8 => {
            let end = (at + random.gen_range(1..200)).min(bytes.len());
            let again = bytes[at..end].to_vec();
            bytes.splice(at..at, again);
        }
        _ => bytes = swap_parts(random, &bytes, other),
    }
    bytes
}

/// Header, payload, signature and disclosures are good texts, but of two transactions.
fn swap_parts(random: &mut StdRng, one: &[u8], other: &[u8]) -> Vec<u8> {
    let split = |bytes: &[u8]| -> Option<(Vec<String>, Vec<String>)> {
        let text = std::str::from_utf8(bytes).ok()?;
        let (jwt, rest) = text.split_once('~')?;
        Some((jwt.split('.').map(str::to_owned).collect(), rest.split('~').map(str::to_owned).collect()))
    };
    let (Some((mut jwt, mut shown)), Some((jwt2, shown2))) = (split(one), split(other)) else { return one.to_vec() };
    match random.gen_range(0..6) {
        part @ 0..=2 if jwt.len() == 3 => jwt[part] = jwt2[part].clone(),
        3 => shown = shown2,
        4 => shown.reverse(),
        _ => {
            let at = random.gen_range(0..shown.len());
            let from = shown2.choose(random).cloned().unwrap_or_default();
            shown.insert(at, from);
        }
    }
    format!("{}~{}", jwt.join("."), shown.join("~")).into_bytes()
}

/// Records of the bases with changed characters inside, signed again by their members: they get past the
/// signature and try the contracts.
pub fn signed_mutants(net: &Net, bases: &[Vec<u8>], seed: u64, count: usize) -> Vec<Vec<u8>> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut forge = Forge::new(net.ledger(), net.cast().seed, "signed-mutant");
    let mut out = Vec::with_capacity(count);
    while out.len() < count {
        let base = bases.choose(&mut random).unwrap();
        let payload = std::str::from_utf8(base).unwrap().split('.').nth(1).unwrap();
        let claims: serde_json::Value = serde_json::from_slice(&unb64(payload).unwrap()).unwrap();
        let member = net.cast().members().find(|m| claims["iss"] == m.id.as_str()).unwrap();
        let mut disclosures = Vec::new();
        for record in records_of(base) {
            let mut text = record.to_string().into_bytes();
            for _ in 0..random.gen_range(0..3) {
                let at = random.gen_range(0..text.len());
                match random.gen_range(0..4) {
                    0 => text[at] ^= 1 << random.gen_range(0..8),
                    1 => text[at] = *b"0123456789\"{}[],:aA-_/.\\ \x00\xff".choose(&mut random).unwrap(),
                    2 => {
                        text.remove(at);
                    }
                    _ => {
                        let end = (at + random.gen_range(1..30)).min(text.len());
                        let again = text[at..end].to_vec();
                        text.splice(at..at, again);
                    }
                }
            }
            let salt = b64(&random.r#gen::<[u8; 16]>());
            disclosures.push(b64(&[format!("[\"{salt}\",").as_bytes(), &text, b"]"].concat()));
        }
        out.push(forge.around(member, disclosures).signed());
    }
    out
}
